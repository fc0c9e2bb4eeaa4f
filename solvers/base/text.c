/* text.c - tables of strings, names to indices, numbers from text; see text.h */
#include "solvers/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/base/decimal.h"

/* ---- dn_strings ---- */

dn_status dn_strings_add(dn_strings *s, const char *text, size_t len, dn_error *err)
{
    dn_status st = DN_OK;
    size_t used = s->n > 0 ? (size_t)s->offset[s->n] : 0;

    DN_TRY(dn_grow((void **)&s->offset, &s->offset_cap, (size_t)s->n + 2, sizeof *s->offset, err));
    DN_TRY(dn_grow((void **)&s->bytes, &s->bytes_cap, used + len + 1, 1, err));
    if (len > 0)
        memcpy(s->bytes + used, text, len);
    s->n++;
    s->offset[s->n] = (int64_t)(used + len);
out:
    return st;
}

dn_status dn_strings_add_string(dn_strings *s, const dn_strings *from, int64_t i, dn_error *err)
{
    size_t len;
    const char *text = dn_strings_at(from, i, &len);

    return dn_strings_add(s, text, len, err);
}

dn_status dn_strings_append(dn_strings *s, const dn_strings *from, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t i = 0; i < from->n; i++)
        DN_TRY(dn_strings_add_string(s, from, i, err));
out:
    return st;
}

dn_status dn_strings_add_numbered(dn_strings *s, const char *word, int64_t n, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t i = 1; i <= n; i++) {
        char text[40];
        int len = snprintf(text, sizeof text, "%.15s%lld", word, (long long)i);
        DN_TRY(dn_strings_add(s, text, (size_t)len, err));
    }
out:
    return st;
}

dn_status dn_strings_add_number(dn_strings *s, int64_t v, dn_error *err)
{
    char text[24];
    int len = snprintf(text, sizeof text, "%lld", (long long)v);

    return dn_strings_add(s, text, (size_t)len, err);
}

dn_status dn_strings_split(dn_strings *s, const char *text, dn_error *err)
{
    dn_status st = DN_OK;

    for (size_t len;; text += len + 1) {
        len = strcspn(text, ",");
        DN_TRY(dn_strings_add(s, text, len, err));
        if (text[len] == '\0')
            break;
    }
out:
    return st;
}

void dn_strings_destroy(dn_strings *s)
{
    dn_free(s->offset);
    dn_free(s->bytes);
    *s = (dn_strings){0};
}

const char *dn_strings_at(const dn_strings *s, int64_t i, size_t *out_len)
{
    *out_len = (size_t)(s->offset[i + 1] - s->offset[i]);
    return s->bytes + s->offset[i];
}

const char *dn_strings_copy(const dn_strings *s, int64_t i, char *buf, size_t cap)
{
    size_t len;
    const char *text = dn_strings_at(s, i, &len);

    snprintf(buf, cap, "%.*s", (int)len, text);
    return buf;
}

/* ---- dn_names: open addressing, linear probing, at most two thirds full ---- */

struct dn_names {
    dn_strings key;
    int64_t *value; /* [key.n] */
    size_t value_cap;
    uint64_t *slot; /* [n_slots]  0 empty, else 1 + index of a key and, above bit 40, those bits of its hash:
                       most other keys are passed by without looking at them */
    size_t n_slots; /* a power of two */
};

uint64_t dn_hash(const char *text, size_t len)
{
    uint64_t h = 0xcbf29ce484222325u;

    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)text[i]) * 0x100000001b3u;
    return h ^ h >> 29;
}

enum { TAG = 40 };

static uint64_t slot_of(int64_t key, uint64_t h)
{
    return (h >> TAG << TAG) | ((uint64_t)key + 1);
}

static int64_t key_of(uint64_t slot)
{
    return (int64_t)(slot & (((uint64_t)1 << TAG) - 1)) - 1;
}

static size_t find_slot(const dn_names *t, uint64_t h, const char *name, size_t len)
{
    size_t at = h & (t->n_slots - 1);

    for (; t->slot[at] != 0; at = (at + 1) & (t->n_slots - 1)) {
        size_t have;
        const char *key;
        if ((t->slot[at] ^ h) >> TAG != 0)
            continue;
        key = dn_strings_at(&t->key, key_of(t->slot[at]), &have);
        if (have == len && memcmp(key, name, len) == 0)
            break;
    }
    return at;
}

static dn_status widen(dn_names *t, dn_error *err)
{
    dn_status st = DN_OK;
    size_t wide = t->n_slots * 2;
    uint64_t *slot = NULL;

    DN_NEW(slot, wide);
    for (int64_t i = 0; i < t->key.n; i++) {
        size_t len;
        const char *key = dn_strings_at(&t->key, i, &len);
        uint64_t h = dn_hash(key, len);
        size_t at = h & (wide - 1);
        while (slot[at] != 0)
            at = (at + 1) & (wide - 1);
        slot[at] = slot_of(i, h);
    }
    dn_free(t->slot);
    t->slot = slot;
    t->n_slots = wide;
out:
    return st;
}

dn_status dn_names_create(dn_names **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_names *t = NULL;

    DN_NEW(t, 1);
    t->n_slots = 64;
    DN_NEW(t->slot, t->n_slots);
    *out = t;
    t = NULL;
out:
    dn_names_destroy(&t);
    return st;
}

void dn_names_destroy(dn_names **names)
{
    dn_names *t = *names;

    if (t == NULL)
        return;
    dn_strings_destroy(&t->key);
    dn_free(t->value);
    dn_free(t->slot);
    dn_free(t);
    *names = NULL;
}

dn_status dn_names_add(dn_names *t, const char *name, size_t len, int64_t value, int64_t *out_value,
                       dn_error *err)
{
    dn_status st = DN_OK;
    uint64_t h = dn_hash(name, len);
    size_t at;

    if (((size_t)t->key.n + 1) * 3 > t->n_slots * 2)
        DN_TRY(widen(t, err));
    at = find_slot(t, h, name, len);
    if (t->slot[at] == 0) {
        DN_TRY(dn_grow((void **)&t->value, &t->value_cap, (size_t)t->key.n + 1, sizeof *t->value, err));
        DN_TRY(dn_strings_add(&t->key, name, len, err));
        t->value[t->key.n - 1] = value;
        t->slot[at] = slot_of(t->key.n - 1, h);
    }
    *out_value = t->value[key_of(t->slot[at])];
out:
    return st;
}

dn_status dn_names_of(const dn_strings *s, dn_names **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_names *t = NULL;
    int64_t first;

    DN_TRY(dn_names_create(&t, err));
    for (int64_t i = 0; i < s->n; i++) {
        size_t len;
        const char *text = dn_strings_at(s, i, &len);
        DN_TRY(dn_names_add(t, text, len, i, &first, err));
    }
    *out = t;
    t = NULL;
out:
    dn_names_destroy(&t);
    return st;
}

int64_t dn_names_find(const dn_names *t, const char *name, size_t len)
{
    size_t at = find_slot(t, dn_hash(name, len), name, len);

    return t->slot[at] == 0 ? -1 : t->value[key_of(t->slot[at])];
}

/* ---- numbers ---- */

/* The exponent [at, end) of a number, e-05, joins *power; one that is beyond all doubles stays there. */
static bool add_exponent(const char *at, const char *end, int64_t *power)
{
    const int64_t far = 100000000000000000;
    bool minus = end - at > 1 && at[1] == '-';
    int64_t e = 0;

    at += end - at > 1 && (at[1] == '-' || at[1] == '+') ? 2 : 1;
    if (at == end)
        return false;
    for (; at < end && *at >= '0' && *at <= '9'; at++)
        e = e < far ? e * 10 + (*at - '0') : e;
    *power += minus ? -e : e;
    return at == end;
}

/* A number of any length. strtod gets the digits that decide: no double, and no middle between two, has more
 * than 767, so all that the others can say is whether they are 0; a 1 stands for them when they are not. */
static bool parse_long(const char *text, const char *end, double *out)
{
    enum { DECIDING = 768 };
    char number[DECIDING + 32]; /* digits, then the power of ten of the last one */
    const char *at = text + (*text == '-' || *text == '+');
    bool any = false, point = false, more = false;
    int64_t n = 0, power = 0;
    double v;

    for (; at < end && ((*at >= '0' && *at <= '9') || (*at == '.' && !point)); at++) {
        if (*at == '.') {
            point = true;
            continue;
        }
        any = true;
        power -= point;
        if (n == DECIDING) {
            power++;
            more = more || *at != '0';
        } else if (n > 0 || *at != '0') {
            number[n++] = *at;
        }
    }
    if (!any || (at < end && ((*at != 'e' && *at != 'E') || !add_exponent(at, end, &power))))
        return false;
    if (more || n == 0) {
        number[n++] = more ? '1' : '0';
        power -= more;
    }
    snprintf(number + n, sizeof number - (size_t)n, "e%lld", (long long)power);
    v = strtod(number, NULL);
    *out = *text == '-' ? -v : v;
    return true;
}

bool dn_parse_double(const char *text, size_t len, double *out)
{
    char buf[64];
    char *end;
    double v;

    if (len > 0 && dn_scan_decimal(text, text + len, &v) == text + len) {
        *out = v;
        return true;
    }
    if (len >= sizeof buf)
        return parse_long(text, text + len, out);
    if (len == 0)
        return false;
    for (size_t i = 0; i < len; i++) /* strtod would also take blanks and hexadecimal */
        if (text[i] == ' ' || text[i] == '\t' || text[i] == 'x' || text[i] == 'X' || text[i] == '\0')
            return false;
    memcpy(buf, text, len);
    buf[len] = '\0';
    v = strtod(buf, &end);
    if (end != buf + len)
        return false;
    *out = v;
    return true;
}

bool dn_parse_int(const char *text, size_t len, int64_t *out)
{
    size_t i = len > 0 && (text[0] == '-' || text[0] == '+');
    bool minus = len > 0 && text[0] == '-';
    int64_t v = 0;

    if (i == len)
        return false;
    for (; i < len; i++) {
        int digit = text[i] - '0';
        if (digit < 0 || digit > 9 || v < (INT64_MIN + digit) / 10)
            return false;
        v = v * 10 - digit; /* negative side: holds INT64_MIN */
    }
    if (!minus && v == INT64_MIN)
        return false;
    *out = minus ? v : -v;
    return true;
}

/* ---- suggestions ---- */

static size_t edit_distance(const char *a, const char *b)
{
    size_t row[64];
    size_t nb = strlen(b);

    if (nb >= sizeof row / sizeof row[0])
        return nb;
    for (size_t j = 0; j <= nb; j++)
        row[j] = j;
    for (size_t i = 0; a[i] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 1; j <= nb; j++) {
            size_t best = diagonal + (a[i] != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[nb];
}

const char *dn_nearest(const char *word, const char *const *candidates, int n)
{
    const char *best = NULL;
    size_t least = (strlen(word) + 1) / 2 + 1;

    for (int i = 0; i < n; i++) {
        size_t d = edit_distance(word, candidates[i]);
        if (d < least) {
            least = d;
            best = candidates[i];
        }
    }
    return best;
}

int64_t dn_strings_nearest(const dn_strings *s, const char *word)
{
    int64_t best = -1;
    size_t least = (strlen(word) + 1) / 2 + 1;
    char text[64];

    for (int64_t i = 0; i < s->n; i++) {
        size_t d, len = (size_t)(s->offset[i + 1] - s->offset[i]);

        if (len >= sizeof text)
            continue;
        d = edit_distance(word, dn_strings_copy(s, i, text, sizeof text));
        if (d < least) {
            least = d;
            best = i;
        }
    }
    return best;
}

/* ---- text of others ---- */

uint32_t dn_utf8_next(const char *text, int *out_bytes)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *at = (const unsigned char *)text;
    int n = at[0] < 0x80 ? 1 : at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : at[0] >= 0xc0 ? 2 : 0;
    uint32_t c = n == 1 ? at[0] : n > 0 ? at[0] & (0x7fu >> n) : 0;

    *out_bytes = 1;
    if (n == 0 || at[0] > 0xf4)
        return 0;
    for (int i = 1; i < n; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (at[i] & 0x3fu);
    }
    if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    *out_bytes = n;
    return c;
}

/* What a terminal obeys, or nobody sees. */
static bool is_unseen(uint32_t c)
{
    static const uint32_t range[][2] = {{0, 0x1f},        {0x7f, 0x9f},      {0xad, 0xad},
                                        {0x61c, 0x61c},   {0x200b, 0x200f},  {0x2028, 0x202e},
                                        {0x2060, 0x206f}, {0xfeff, 0xfeff},  {0xfff9, 0xfffb},
                                        {0xfffe, 0xffff}, {0xe0000, 0xe0fff}};

    for (size_t i = 0; i < sizeof range / sizeof range[0]; i++)
        if (c >= range[i][0] && c <= range[i][1])
            return true;
    return false;
}

bool dn_text_printable(const char *text, char *out, size_t cap)
{
    size_t n = 0;
    bool as_it_was = true;

    while (*text != '\0') {
        int bytes;
        bool bad = is_unseen(dn_utf8_next(text, &bytes));

        if (n + (bad ? 1 : (size_t)bytes) >= cap) {
            as_it_was = false;
            break;
        }
        if (bad)
            out[n] = '?';
        else
            memcpy(out + n, text, (size_t)bytes);
        n += bad ? 1 : (size_t)bytes;
        text += bytes;
        as_it_was = as_it_was && !bad;
    }
    out[n] = '\0';
    return as_it_was;
}
