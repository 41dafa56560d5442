# From now on the committee decides about material changes of high tier, by its chair; provisional use gets eight answers.
s/^version: .*/version: "3.0.0"/
s/^        meaning: the business accepts the use of this version/&\
        committee: model-risk-committee/
s/answersMax: [0-9]*/answersMax: 8/
