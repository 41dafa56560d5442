// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';

const CREDIT_LOCK = new URL('../../../examples/consumer-credit/requirements.lock', import.meta.url);
const NAMES = [
  'cloudpickle',
  'joblib',
  'narwhals',
  'numpy',
  'scikit-learn',
  'scipy',
  'threadpoolctl',
];

/** Wheels of PyPI for Linux on x86-64 and aarch64; `xgboost-cpu` is XGBoost without its CUDA half. */
const BOOSTERS = `lightgbm==4.7.0 \\
    --hash=sha256:d23e922acd891e77212e4d0fbcee9ba973c96dee479491341d05ba595357ebb7 \\
    --hash=sha256:d4529acec5c6fefe4768302a529707d0ead90f6a6f42df694b856212e09695b8
xgboost-cpu==3.2.0 \\
    --hash=sha256:9c10b1653e1a689bf4094a328144cf3633c9be0e5217a76fbdc2fde6abcb2950 \\
    --hash=sha256:896b9e2bc52ec0921edf92ddd1cebedf47032e94992b7aca0293524d380ce6e9
`;

/** scikit-learn as the example locks it, so that one download serves both, with the two boosters. */
export function libraryLock(): string {
  const lines = readFileSync(CREDIT_LOCK, 'utf8').split('\n');
  let isWanted = false;
  const wanted = lines.filter((line) => {
    const name = /^([a-z][a-z0-9-]*)==/.exec(line)?.[1];
    if (name !== undefined) isWanted = NAMES.includes(name);
    return isWanted && !line.trimStart().startsWith('#');
  });
  return `${wanted.join('\n')}\n${BOOSTERS}`;
}

const DATA = `import os, pickle
from sklearn.datasets import load_breast_cancer
X, y = load_breast_cancer(return_X_y=True)
seed = int(os.environ["COUNTERSIGN_SEED"])
assert os.environ["OMP_NUM_THREADS"] == os.environ["EXPECTED_THREADS"], os.environ["OMP_NUM_THREADS"]
def keep(name, model, scores):
    with open(f"{name}.model", "wb") as file:
        file.write(model)
    with open(f"{name}.csv", "w") as file:
        file.write("row,score\\n")
        for row, score in enumerate(scores):
            file.write(f"{row},{float(score)!r}\\n")
`;

/** A model by each library on data that scikit-learn carries, so that nothing is fetched. */
const SCRIPTS: Readonly<Record<string, { readonly threads: number; readonly script: string }>> = {
  logistic: {
    threads: 1,
    script: `from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
model = make_pipeline(StandardScaler(), LogisticRegression(C=0.5, max_iter=500)).fit(X, y)
keep("logistic", pickle.dumps(model), model.predict_proba(X)[:, 1])
`,
  },
  boosting: {
    threads: 1,
    script: `from sklearn.ensemble import GradientBoostingClassifier
model = GradientBoostingClassifier(n_estimators=60, subsample=0.8, random_state=seed).fit(X, y)
keep("boosting", pickle.dumps(model), model.predict_proba(X)[:, 1])
`,
  },
  histogram: {
    threads: 2,
    script: `from sklearn.ensemble import HistGradientBoostingClassifier
model = HistGradientBoostingClassifier(max_iter=60, random_state=seed).fit(X, y)
keep("histogram", pickle.dumps(model), model.predict_proba(X)[:, 1])
`,
  },
  lightgbm: {
    threads: 2,
    script: `import lightgbm
given = {"objective": "binary", "num_threads": 2, "deterministic": True, "force_row_wise": True,
         "seed": seed, "bagging_fraction": 0.8, "bagging_freq": 1, "feature_fraction": 0.7, "verbose": -1}
model = lightgbm.train(given, lightgbm.Dataset(X, label=y), num_boost_round=80)
keep("lightgbm", model.model_to_string().encode(), model.predict(X))
`,
  },
  xgboost: {
    threads: 2,
    script: `import xgboost
given = {"objective": "binary:logistic", "tree_method": "hist", "nthread": 2, "seed": seed, "subsample": 0.8, "colsample_bytree": 0.7}
model = xgboost.train(given, xgboost.DMatrix(X, label=y), num_boost_round=80)
keep("xgboost", bytes(model.save_raw("json")), model.predict(xgboost.DMatrix(X)))
`,
  },
};

export function libraryRepository(names: readonly string[]): Readonly<Record<string, string>> {
  const steps = names.map((name) => {
    const threads = SCRIPTS[name]?.threads ?? 1;
    return `  ${name}: { run: "EXPECTED_THREADS=${threads} python train_${name}.py", outputs: [${name}.model, ${name}.csv], threads: ${threads} }\n`;
  });
  const scripts = names.map((name) => [
    `train_${name}.py`,
    `${DATA}${SCRIPTS[name]?.script ?? ''}`,
  ]);
  return {
    'requirements.lock': libraryLock(),
    'countersign.yaml': `model: libraries\nseed: 31\nenvironment: { python: requirements.lock }\nsteps:\n${steps.join('')}`,
    ...Object.fromEntries(scripts),
  };
}
