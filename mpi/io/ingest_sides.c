/* ingest_sides.c - the order of the sides of a network; see ingest_network.h */
#include "mpi/io/ingest_network.h"

#include <string.h>

static int find(const dn_side_order *o, const char *name, size_t len)
{
    for (int64_t i = 0; i < o->name.n; i++) {
        size_t have;
        const char *text = dn_strings_at(&o->name, i, &have);
        if (have == len && memcmp(text, name, len) == 0)
            return (int)i;
    }
    return -1;
}

dn_status dn_side_add(dn_side_order *o, const char *name, size_t len, int *out, dn_error *err)
{
    static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.";
    dn_status st = DN_OK;
    int at = find(o, name, len);

    if (at >= 0) {
        *out = at;
        goto out;
    }
    for (size_t i = 0; i < len; i++)
        if (name[i] == '\0' || strchr(good, name[i]) == NULL)
            len = 0;
    if (len == 0 || len > 31)
        DN_FAIL(DN_EUSAGE, "side '%.40s': use 1 to 31 of letters, digits, '_' and '.'", name);
    if (o->name.n == DN_SIDES)
        DN_FAIL(DN_EUSAGE, "side '%.31s' is one too many: there can be %d", name, DN_SIDES);
    DN_TRY(dn_strings_add(&o->name, name, len, err));
    *out = (int)o->name.n - 1;
out:
    return st;
}

dn_status dn_side_before(dn_side_order *o, int a, int b, const char *layer, dn_error *err)
{
    dn_status st = DN_OK;
    char front[32], back[32];

    if (o->before[a] >> b & 1)
        DN_FAIL(DN_EUSAGE, "layer '%s' goes from side '%s' to side '%s', but '%s' stands before '%s' already",
                layer, dn_strings_copy(&o->name, a, front, sizeof front),
                dn_strings_copy(&o->name, b, back, sizeof back), back, front);
    o->before[b] |= 1u << a | o->before[a];
    for (int64_t k = 0; k < o->name.n; k++)
        if (o->before[k] >> b & 1)
            o->before[k] |= o->before[b];
out:
    return st;
}

dn_status dn_side_sort(const dn_side_order *o, dn_strings *out_name, uint8_t *out_place, dn_error *err)
{
    dn_status st = DN_OK;
    uint32_t placed = 0;

    for (int64_t place = 0; place < o->name.n; place++) {
        int i = 0;
        while (placed >> i & 1 || (o->before[i] & ~placed) != 0) /* dn_side_before() lets no circle arise */
            i++;
        DN_TRY(dn_strings_add_string(out_name, &o->name, i, err));
        out_place[i] = (uint8_t)place;
        placed |= 1u << i;
    }
out:
    return st;
}
