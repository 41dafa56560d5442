// SPDX-License-Identifier: Apache-2.0
// Any PMML model with an output field `probability` over the scorer protocol (docs/formats.md), by PMML4S.
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.pmml4s.model.Model;

public final class Score {
  public static void main(String[] args) throws Exception {
    PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    // What the library prints is not an answer.
    System.setOut(System.err);
    Model model = Model.fromFile(System.getenv("COUNTERSIGN_ENTRY"));
    answers.print("{\"ready\":\"countersign-scorer/1\",\"name\":\"" + model.modelElement() + "\",\"version\":\"1\","
        + "\"outputs\":[{\"name\":\"probability\",\"size\":1}]}\n");
    answers.flush();
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      answers.print(answer(model, line) + "\n");
      answers.flush();
    }
  }

  private static String answer(Model model, String line) {
    Reader reader = new Reader(line);
    Map<String, Object> request = reader.object();
    String id = (String) request.get("id");
    try {
      @SuppressWarnings("unchecked")
      Map<String, Object> inputs = (Map<String, Object>) request.get("inputs");
      double score = ((Number) model.predict(inputs).get("probability")).doubleValue();
      // Java's shortest text of a double reads back as the same one; its NaN and Infinity are JSON's texts.
      String text = Double.isFinite(score) ? Double.toString(score) : "\"" + score + "\"";
      return "{\"id\":\"" + id + "\",\"outputs\":{\"probability\":" + text + "}}";
    } catch (RuntimeException error) {
      String said = String.valueOf(error.getMessage()).replaceAll("[^ -~]|[\"\\\\]", "?");
      return "{\"id\":\"" + id + "\",\"error\":\"" + said.substring(0, Math.min(500, said.length())) + "\"}";
    }
  }

  /** The JSON of a request: objects of texts, numbers, true, false and null. */
  private static final class Reader {
    private final String text;
    private int at;

    Reader(String text) {
      this.text = text;
    }

    Map<String, Object> object() {
      Map<String, Object> members = new HashMap<>();
      at++;
      while (text.charAt(at) != '}') {
        if (text.charAt(at) == ',') at++;
        String name = string();
        at++;
        members.put(name, value());
      }
      at++;
      return members;
    }

    private Object value() {
      char first = text.charAt(at);
      if (first == '{') return object();
      if (first == '"') return string();
      int end = at;
      while (",}".indexOf(text.charAt(end)) < 0) end++;
      String word = text.substring(at, end);
      at = end;
      if (word.equals("null")) return null;
      if (word.equals("true") || word.equals("false")) return word.equals("true");
      return Double.valueOf(word);
    }

    private String string() {
      StringBuilder read = new StringBuilder();
      for (at++; text.charAt(at) != '"'; at++) {
        char one = text.charAt(at);
        read.append(one == '\\' ? escaped() : one);
      }
      at++;
      return read.toString();
    }

    private char escaped() {
      char kind = text.charAt(++at);
      if (kind == 'u') {
        at += 4;
        return (char) Integer.parseInt(text.substring(at - 3, at + 1), 16);
      }
      int known = "bfnrt".indexOf(kind);
      return known < 0 ? kind : "\b\f\n\r\t".charAt(known);
    }
  }
}
