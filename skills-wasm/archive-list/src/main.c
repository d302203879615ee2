/* What is in a tar archive, without unpacking it: names, sizes, kinds, times, and what would be dangerous to unpack. */
#include "skill.h"

#include <errno.h>

enum { BLOCK = 512 };

/* The fields of a POSIX ustar header that are read here. */
typedef struct {
  char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100];
  char magic[6], version[2], user[32], group[32], device[16], prefix[155], rest[12];
} header;

/* Octal digits, or with the first bit set a big-endian number. -1 if it is neither. */
static long long number(const char *field, size_t length) {
  long long value = 0;
  if ((unsigned char)field[0] & 0x80) {
    for (size_t i = 1; i < length; i++) {
      if (value > (1LL << 53)) return -1;
      value = value << 8 | (unsigned char)field[i];
    }
    return value;
  }
  for (size_t i = 0; i < length && field[i] && field[i] != ' '; i++) {
    if (field[i] < '0' || field[i] > '7') return -1;
    value = value * 8 + (field[i] - '0');
  }
  return value;
}

static bool checksum_fits(const header *entry) {
  const unsigned char *bytes = (const unsigned char *)entry;
  long long sum = 0;
  for (size_t i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? ' ' : bytes[i];
  return sum == number(entry->checksum, sizeof entry->checksum);
}

static const char *kind(char type) {
  switch (type) {
    case 0: case '0': case '7': return "file";
    case '1': return "hard-link";
    case '2': return "link";
    case '3': case '4': case '6': return "device";
    case '5': return "directory";
    default: return "other";
  }
}

/* Would it be written outside of the folder that it is unpacked in? */
static bool escapes(const char *name) {
  if (*name == '/') return true;
  for (const char *at = name; at; at = strchr(at, '/'), at += at != NULL)
    if (strncmp(at, "..", 2) == 0 && (at[2] == '/' || at[2] == 0)) return true;
  return false;
}

/* The value of `path=` in a PAX header, or NULL. */
static char *pax_path(const char *data, size_t length) {
  for (size_t at = 0; at < length;) {
    size_t record = (size_t)strtoul(data + at, NULL, 10);
    if (record == 0 || record > length - at) return NULL;
    const char *field = memchr(data + at, ' ', record);
    if (field && strncmp(field + 1, "path=", 5) == 0)
      return strndup(field + 6, record - (size_t)(field + 6 - (data + at)) - 1);
    at += record;
  }
  return NULL;
}

/* The data of an entry that describes the next one; long names are at most 64 KiB. */
static char *read_data(FILE *file, long long size) {
  if (size < 0 || size > 65536) return NULL;
  size_t padded = ((size_t)size + BLOCK - 1) / BLOCK * BLOCK;
  char *data = calloc(1, padded + 1);
  return fread(data, 1, padded, file) == padded ? data : NULL;
}

static void put(skill_json *json, const header *entry, const char *name, long long size) {
  skill_open(json, '{');
  skill_put_name(json, "name");
  skill_put_string(json, name);
  skill_put_name(json, "kind");
  skill_put_string(json, kind(entry->type));
  skill_put_name(json, "size");
  skill_put_integer(json, size);
  skill_put_name(json, "modified");
  skill_put_integer(json, number(entry->mtime, sizeof entry->mtime));
  if (entry->type == '1' || entry->type == '2') {
    char target[101] = {0};
    memcpy(target, entry->link, 100);
    skill_put_name(json, "target");
    skill_put_string(json, target);
  }
  skill_close(json, '}');
}

static char *name_of(const header *entry) {
  char *name = calloc(1, 260);
  if (memcmp(entry->magic, "ustar", 5) == 0 && entry->prefix[0])
    snprintf(name, 260, "%.155s/%.100s", entry->prefix, entry->name);
  else snprintf(name, 260, "%.100s", entry->name);
  return name;
}

static skill_result list(const char *parameters) {
  const char *path = skill_path(skill_string(parameters, "path"));
  long limit = (long)skill_number(parameters, "limit", 1000);
  FILE *file = fopen(path, "rb");
  if (!file) return skill_fail("unreadable", strerror(errno));
  skill_json entries = {0}, outside = {0};
  long long bytes = 0, count = 0;
  char *long_name = NULL;
  bool complete = true;
  skill_open(&entries, '[');
  skill_open(&outside, '[');
  for (header entry; fread(&entry, BLOCK, 1, file) == 1 && entry.name[0];) {
    if (!checksum_fits(&entry)) return skill_fail("not-a-tar", "A header's checksum does not fit: this is no tar archive, or it is damaged or compressed.");
    long long size = number(entry.size, sizeof entry.size);
    if (size < 0) return skill_fail("not-a-tar", "A header's size is no number.");
    if (entry.type == 'L' || entry.type == 'x') {
      char *data = read_data(file, size);
      if (!data) return skill_fail("not-a-tar", "A long name is cut off or too long.");
      char *found = entry.type == 'L' ? data : pax_path(data, (size_t)size);
      if (found) long_name = found;
      continue;
    }
    char *name = long_name ? long_name : name_of(&entry);
    long_name = NULL;
    if (entry.type != 'g') {
      count++;
      bytes += size;
      if (count <= limit) put(&entries, &entry, name, size);
      else complete = false;
      if (escapes(name)) skill_put_string(&outside, name);
    }
    if (fseek(file, (long)((size + BLOCK - 1) / BLOCK * BLOCK), SEEK_CUR) != 0) break;
  }
  if (count == 0) return skill_fail("not-a-tar", "The file has no entry of a tar archive.");
  skill_close(&entries, ']');
  skill_close(&outside, ']');
  skill_json json = {0};
  skill_open(&json, '{');
  skill_put_name(&json, "count");
  skill_put_integer(&json, count);
  skill_put_name(&json, "bytes");
  skill_put_integer(&json, bytes);
  skill_put_name(&json, "complete");
  skill_put_boolean(&json, complete);
  skill_put_name(&json, "outside");
  skill_raw(&json, outside.text, outside.length);
  json.comma = true;
  skill_put_name(&json, "entries");
  skill_raw(&json, entries.text, entries.length);
  skill_close(&json, '}');
  return skill_ok(json.text);
}

const skill_tool skill_tools[] = {
    {"list", "Lists what is in a tar archive, and which names would be written outside of the folder it is unpacked in",
     "{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\",\"format\":\"path\",\"minLength\":1},"
     "\"limit\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":10000,\"default\":1000}},"
     "\"required\":[\"path\"],\"additionalProperties\":false}",
     list},
    {NULL, NULL, NULL, NULL},
};
