# SPDX-License-Identifier: Apache-2.0
# Fits a logistic regression and keeps it as R keeps it: `Rscript train.R artefact`.
# Data: `infert` of base R (Trichopoulos et al. 1976): 248 women of a case-control study of secondary infertility.
folder <- commandArgs(trailingOnly = TRUE)[1]
dir.create(folder, showWarnings = FALSE, recursive = TRUE)
model <- glm(case ~ age + parity + spontaneous + induced, data = infert, family = binomial())
saveRDS(model, file.path(folder, "model.rds"), version = 3)
invisible(file.copy("score.R", folder, overwrite = TRUE))
