# SPDX-License-Identifier: Apache-2.0
# Writes a logistic regression as PMML 4.4: `Rscript train.R artefact`. Coefficients have 17 digits, so nothing is rounded.
# Data: `infert` of base R, as in ../r.
folder <- commandArgs(trailingOnly = TRUE)[1]
dir.create(folder, showWarnings = FALSE, recursive = TRUE)
model <- glm(case ~ age + parity + spontaneous + induced, data = infert, family = binomial())
inputs <- names(coef(model))[-1]
fields <- sprintf('    <DataField name="%s" optype="continuous" dataType="double"/>', inputs)
schema <- sprintf('      <MiningField name="%s"/>', inputs)
terms <- sprintf('      <NumericPredictor name="%s" coefficient="%.17g"/>', inputs, coef(model)[-1])
writeLines(c(
  '<?xml version="1.0" encoding="UTF-8"?>',
  '<PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4">',
  '  <Header description="Secondary infertility, logistic regression"/>',
  sprintf('  <DataDictionary numberOfFields="%d">', length(inputs) + 1),
  fields,
  '    <DataField name="case" optype="categorical" dataType="string"><Value value="1"/><Value value="0"/></DataField>',
  '  </DataDictionary>',
  '  <RegressionModel functionName="classification" normalizationMethod="logit" targetFieldName="case">',
  '    <MiningSchema>', schema, '      <MiningField name="case" usageType="target"/>', '    </MiningSchema>',
  '    <Output><OutputField name="probability" feature="probability" value="1" optype="continuous" dataType="double"/></Output>',
  sprintf('    <RegressionTable targetCategory="1" intercept="%.17g">', coef(model)[1]), terms, '    </RegressionTable>',
  '    <RegressionTable targetCategory="0" intercept="0"/>',
  '  </RegressionModel>',
  '</PMML>'
), file.path(folder, "model.pmml"))
