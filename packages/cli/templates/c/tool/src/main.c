#include "skill.h"

#include <ctype.h>

static skill_result readability(const char *parameters) {
  const char *text = skill_string(parameters, "text");
  long long words = 0, sentences = 0;
  bool in_word = false, in_sentence = false;
  for (const char *at = text; *at; at++) {
    bool letter = isalnum((unsigned char)*at) || (unsigned char)*at >= 0x80;
    if (letter && !in_word) words++;
    in_word = letter;
    if (letter) in_sentence = true;
    if (in_sentence && (*at == '.' || *at == '!' || *at == '?')) {
      sentences++;
      in_sentence = false;
    }
  }
  if (in_sentence) sentences++;
  if (words == 0) return skill_fail("no-words", "The text has no words.");
  skill_json json = {0};
  skill_open(&json, '{');
  skill_put_name(&json, "sentences");
  skill_put_integer(&json, sentences);
  skill_put_name(&json, "words");
  skill_put_integer(&json, words);
  skill_close(&json, '}');
  return skill_ok(json.text);
}

const skill_tool skill_tools[] = {
    {"readability", "Counts the sentences and words of a text",
     "{\"type\":\"object\",\"properties\":{\"text\":{\"type\":\"string\",\"minLength\":1}},"
     "\"required\":[\"text\"],\"additionalProperties\":false}",
     readability},
    {NULL, NULL, NULL, NULL},
};
