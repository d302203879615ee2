/*
 * What a skill in C needs: the interface skill:engine/tools as the canonical ABI lowers it, and JSON.
 * The file is yours: it has no other part anywhere. It is included by exactly one .c file.
 *
 * Nothing is freed: an instance lives for one call.
 */
#ifndef SKILL_H
#define SKILL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wasi/api.h>

/* What a tool returns: JSON text, or a failure. */
typedef struct {
  const char *json;    /* NULL for a failure */
  const char *code;    /* a stable name, such as not-found, or NULL */
  const char *message; /* for people */
} skill_result;

typedef struct {
  const char *name;
  const char *description;
  const char *parameters; /* JSON Schema of an object, draft 2020-12 */
  skill_result (*run)(const char *parameters);
} skill_tool;

/* To be defined by the skill; the last one has the name NULL. */
extern const skill_tool skill_tools[];

static inline skill_result skill_ok(const char *json) { return (skill_result){json, NULL, NULL}; }
static inline skill_result skill_fail(const char *code, const char *message) {
  return (skill_result){NULL, code, message};
}

/* ---- Reading parameters: the host has validated them, so they are JSON and fit the schema. ---- */

static const char *skill_skip_string(const char *at) {
  for (at++; *at && *at != '"'; at++)
    if (*at == '\\' && at[1]) at++;
  return *at ? at + 1 : at;
}

/* The end of the value that begins at `at`. */
static const char *skill_skip_value(const char *at) {
  int depth = 0;
  do {
    if (*at == '"') {
      at = skill_skip_string(at);
      continue;
    }
    if (*at == '{' || *at == '[') depth++;
    if (*at == '}' || *at == ']') {
      if (depth == 0) return at;
      depth--;
    }
    if (*at == ',' && depth == 0) return at;
    at++;
  } while (*at);
  return at;
}

static unsigned skill_hex(const char *at) {
  unsigned value = 0;
  for (int i = 0; i < 4; i++) {
    char c = at[i];
    value = value * 16 + (unsigned)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
  }
  return value;
}

static char *skill_utf8(char *to, unsigned code) {
  if (code < 0x80) *to++ = (char)code;
  else if (code < 0x800) {
    *to++ = (char)(0xc0 | code >> 6);
    *to++ = (char)(0x80 | (code & 63));
  } else if (code < 0x10000) {
    *to++ = (char)(0xe0 | code >> 12);
    *to++ = (char)(0x80 | (code >> 6 & 63));
    *to++ = (char)(0x80 | (code & 63));
  } else {
    *to++ = (char)(0xf0 | code >> 18);
    *to++ = (char)(0x80 | (code >> 12 & 63));
    *to++ = (char)(0x80 | (code >> 6 & 63));
    *to++ = (char)(0x80 | (code & 63));
  }
  return to;
}

/* The text of a JSON string that begins at `at`. */
static char *skill_decode(const char *at) {
  char *text = malloc((size_t)(skill_skip_string(at) - at) + 4), *to = text;
  for (at++; *at && *at != '"'; at++) {
    if (*at != '\\') {
      *to++ = *at;
      continue;
    }
    switch (*++at) {
      case 'b': *to++ = '\b'; break;
      case 'f': *to++ = '\f'; break;
      case 'n': *to++ = '\n'; break;
      case 'r': *to++ = '\r'; break;
      case 't': *to++ = '\t'; break;
      case 'u': {
        unsigned code = skill_hex(at + 1);
        at += 4;
        if (code >= 0xd800 && code < 0xdc00 && at[1] == '\\' && at[2] == 'u') {
          code = 0x10000 + ((code - 0xd800) << 10) + (skill_hex(at + 3) - 0xdc00);
          at += 6;
        }
        to = skill_utf8(to, code);
        break;
      }
      default: *to++ = *at;
    }
  }
  *to = 0;
  return text;
}

/* Where the value of a member of the object begins, or NULL. */
static const char *skill_member(const char *object, const char *name) {
  const char *at = object;
  while (*at && *at != '"' && *at != '}') at++;
  for (; *at && *at != '{'; at++) {
    if (*at == '"') {
      char *key = skill_decode(at);
      at = skill_skip_string(at);
      while (*at == ' ' || *at == ':' || *at == '\n' || *at == '\t' || *at == '\r') at++;
      if (strcmp(key, name) == 0) return at;
      at = skill_skip_value(at);
    }
    if (*at == '}' || !*at) return NULL;
  }
  return NULL;
}

/* A string, or NULL when it is not there. */
static inline char *skill_string(const char *parameters, const char *name) {
  const char *at = skill_member(parameters, name);
  return at && *at == '"' ? skill_decode(at) : NULL;
}

static inline double skill_number(const char *parameters, const char *name, double otherwise) {
  const char *at = skill_member(parameters, name);
  return at ? strtod(at, NULL) : otherwise;
}

static inline bool skill_boolean(const char *parameters, const char *name, bool otherwise) {
  const char *at = skill_member(parameters, name);
  return at ? *at == 't' : otherwise;
}

/* ---- Granted directories: their names, as the manifest's paths on the host. ---- */

/* The name of the granted directory number `index`, or NULL past the last. */
static inline char *skill_grant(unsigned index) {
  __wasi_prestat_t stat;
  if (__wasi_fd_prestat_get(3 + index, &stat) != 0) return NULL;
  char *name = calloc(1, stat.u.dir.pr_name_len + 1);
  if (__wasi_fd_prestat_dir_name(3 + index, (uint8_t *)name, stat.u.dir.pr_name_len) != 0) return NULL;
  return name;
}

/* A relative path, in the first granted directory that has it; the first one when none has. */
static inline char *skill_path(const char *path) {
  char *first = NULL;
  for (unsigned index = 0; *path != '/'; index++) {
    char *grant = skill_grant(index), *whole;
    if (!grant || asprintf(&whole, "%s/%s", grant, path) < 0) break;
    if (access(whole, F_OK) == 0) return whole;
    if (!first) first = whole;
  }
  return first ? first : strdup(path);
}

/* ---- Writing JSON: commas come by themselves. ---- */

typedef struct {
  char *text;
  size_t length, room;
  bool comma;
} skill_json;

static void skill_raw(skill_json *json, const char *text, size_t length) {
  if (json->length + length + 1 > json->room) {
    json->room = (json->length + length + 1) * 2;
    json->text = realloc(json->text, json->room);
    if (!json->text) abort();
  }
  memcpy(json->text + json->length, text, length);
  json->length += length;
  json->text[json->length] = 0;
}

static void skill_separate(skill_json *json) {
  if (json->comma) skill_raw(json, ",", 1);
  json->comma = true;
}

static inline void skill_open(skill_json *json, char bracket) {
  skill_separate(json);
  skill_raw(json, &bracket, 1);
  json->comma = false;
}

static inline void skill_close(skill_json *json, char bracket) {
  skill_raw(json, &bracket, 1);
  json->comma = true;
}

/* Bytes that are no UTF-8 become U+FFFD: what goes out must be JSON. */
static int skill_sequence(const unsigned char *at) {
  int more = at[0] < 0x80 ? 0 : at[0] >= 0xc2 && at[0] < 0xe0 ? 1 : at[0] >= 0xe0 && at[0] < 0xf0 ? 2 : at[0] >= 0xf0 && at[0] < 0xf5 ? 3 : -1;
  for (int i = 1; i <= more; i++)
    if ((at[i] & 0xc0) != 0x80) return -1;
  if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f)) return -1;
  if ((at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f)) return -1;
  return more;
}

static inline void skill_put_string(skill_json *json, const char *text) {
  skill_separate(json);
  skill_raw(json, "\"", 1);
  for (const unsigned char *at = (const unsigned char *)text; *at;) {
    int more = skill_sequence(at);
    char escaped[8];
    if (more < 0) skill_raw(json, "\xef\xbf\xbd", 3);
    else if (*at == '"' || *at == '\\' || *at < 0x20)
      skill_raw(json, escaped, (size_t)snprintf(escaped, sizeof escaped, "\\u%04x", *at));
    else skill_raw(json, (const char *)at, (size_t)more + 1);
    at += more < 0 ? 1 : more + 1;
  }
  skill_raw(json, "\"", 1);
}

static inline void skill_put_name(skill_json *json, const char *name) {
  skill_put_string(json, name);
  skill_raw(json, ":", 1);
  json->comma = false;
}

static inline void skill_put_integer(skill_json *json, long long value) {
  char text[24];
  skill_separate(json);
  skill_raw(json, text, (size_t)snprintf(text, sizeof text, "%lld", value));
}

static inline void skill_put_number(skill_json *json, double value) {
  char text[40];
  skill_separate(json);
  skill_raw(json, text, (size_t)snprintf(text, sizeof text, "%.17g", value));
}

static inline void skill_put_boolean(skill_json *json, bool value) {
  skill_separate(json);
  skill_raw(json, value ? "true" : "false", value ? 4 : 5);
}

/* ---- The canonical ABI. ---- */

__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size) {
  (void)old_size, (void)align;
  if (size == 0) return (void *)align;
  void *memory = realloc(old, size);
  if (!memory) abort();
  return memory;
}

typedef struct {
  const char *at;
  size_t length;
} skill_abi_string;

static skill_abi_string skill_abi(const char *text) { return (skill_abi_string){text, strlen(text)}; }

typedef struct {
  uint32_t some;
  skill_abi_string value;
} skill_abi_option;

static skill_abi_option skill_abi_maybe(const char *text) {
  skill_abi_option option = {text != NULL, {NULL, 0}};
  if (text) option.value = skill_abi(text);
  return option;
}

typedef struct {
  skill_abi_string name;
  skill_abi_option description;
  skill_abi_string parameters;
  skill_abi_option output;
} skill_abi_tool;

__attribute__((export_name("skill:engine/tools@0.1.0#list-tools"))) void *skill_list_tools(void) {
  static struct {
    skill_abi_tool *list;
    size_t length;
  } result;
  while (skill_tools[result.length].name) result.length++;
  result.list = calloc(result.length, sizeof *result.list);
  for (size_t i = 0; i < result.length; i++) {
    const skill_tool *tool = &skill_tools[i];
    result.list[i] = (skill_abi_tool){skill_abi(tool->name), skill_abi_maybe(tool->description),
                                      skill_abi(tool->parameters), skill_abi_maybe(NULL)};
  }
  return &result;
}

/* result<string, tool-error>; the error's cases are unknown-tool, invalid-parameters, failed. */
typedef struct {
  uint32_t error;
  union {
    skill_abi_string ok;
    struct {
      uint32_t kind;
      union {
        skill_abi_string text;
        struct {
          skill_abi_option code;
          skill_abi_string message;
          skill_abi_option details;
        } failure;
      };
    } err;
  };
} skill_abi_result;

__attribute__((export_name("skill:engine/tools@0.1.0#invoke"))) void *skill_invoke(char *name, size_t name_length, char *parameters, size_t length) {
  static skill_abi_result result;
  name = strndup(name, name_length);
  parameters = strndup(parameters, length);
  for (const skill_tool *tool = skill_tools; tool->name; tool++) {
    if (strcmp(tool->name, name) != 0) continue;
    skill_result ran = tool->run(parameters);
    if (ran.json) {
      result.ok = skill_abi(ran.json);
      return &result;
    }
    result.error = 1;
    result.err.kind = 2;
    result.err.failure.code = skill_abi_maybe(ran.code);
    result.err.failure.message = skill_abi(ran.message ? ran.message : "");
    return &result;
  }
  result.error = 1;
  result.err.text = skill_abi(name);
  return &result;
}

#endif
