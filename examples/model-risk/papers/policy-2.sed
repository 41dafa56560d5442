# What the bank changes in the policy as shipped: compliance signs material changes of high tier too, and reviews come sooner.
s/^version: .*/version: "2.0.0"/
s/^reviews: .*/reviews: { high: 120, medium: 365, low: 730, overdueRestricts: true, graceDays: 14 }/
/^    # The longest that a version runs/i\
      - role: compliance\
        count: 1\
        gate: gate/approval\
        meaning: what customers are told about a held payment is complete\
        when: { tier: [high], materiality: [material], class: [standard, configuration, data] }
