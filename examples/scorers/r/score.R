# SPDX-License-Identifier: Apache-2.0
# Any model of R with `predict(type = "response")` over the scorer protocol (docs/formats.md). jsonlite reads numbers with C's
# strtod, to the last bit; they are written with 17 digits, for R's own way of writing rounds.
suppressPackageStartupMessages(library(jsonlite))
model <- readRDS(Sys.getenv("COUNTERSIGN_ENTRY"))

say <- function(line) {
  cat(line, "\n", sep = "")
  flush(stdout())
}
number <- function(x) {
  if (is.nan(x) || is.na(x)) "\"NaN\"" else if (is.finite(x)) sprintf("%.17g", x) else if (x > 0) "\"Infinity\"" else "\"-Infinity\""
}
score <- function(row) {
  row <- lapply(row, function(value) if (is.null(value)) NA else value)
  predict(model, newdata = as.data.frame(row), type = "response")[[1]]
}
answer <- function(request) {
  tryCatch(
    sprintf("{\"id\":\"%s\",\"outputs\":{\"probability\":%s}}", request$id, number(score(request$inputs))),
    error = function(e) {
      said <- toJSON(substr(conditionMessage(e), 1, 500), auto_unbox = TRUE)
      sprintf("{\"id\":\"%s\",\"error\":%s}", request$id, said)
    }
  )
}

say(sprintf(
  "{\"ready\":\"countersign-scorer/1\",\"name\":\"%s\",\"version\":\"1\",\"outputs\":[{\"name\":\"probability\",\"size\":1}]}",
  class(model)[1]
))
input <- file("stdin", open = "r", encoding = "UTF-8")
while (length(line <- readLines(input, n = 1, warn = FALSE)) > 0) {
  say(answer(fromJSON(line, simplifyVector = TRUE)))
}
