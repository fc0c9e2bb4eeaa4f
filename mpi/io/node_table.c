/* node_table.c - every node of the dataset; see ingest_network.h */
#include "mpi/io/ingest_network.h"

#include <string.h>
#include "mpi/core/agree.h"
#include "solvers/base/alloc.h"

void dn_node_table_destroy(dn_node_table *t)
{
    dn_strings_destroy(&t->id);
    dn_free(t->side);
    dn_strings_destroy(&t->side_name);
    dn_names_destroy(&t->number);
    dn_free(t->key);
    *t = (dn_node_table){0};
}

int64_t dn_node_table_mapped(const dn_node_table *t, int side, const char *id, size_t len)
{
    return t->map != NULL && side != t->drug_side ? dn_names_find(t->map->number, id, len) : -1;
}

dn_status dn_node_table_key(dn_node_table *t, int side, const char *id, size_t len, size_t *out_len,
                            dn_error *err)
{
    dn_status st = DN_OK;
    int64_t name = dn_node_table_mapped(t, side, id, len);

    if (name >= 0)
        id = dn_strings_at(&t->map->name, t->map->first[t->map->meaning[name]], &len);
    DN_TRY(dn_grow((void **)&t->key, &t->key_cap, len + 1, 1, err));
    t->key[0] = (char)side;
    memcpy(t->key + 1, id, len);
    *out_len = len + 1;
out:
    return st;
}

static dn_status append(dn_node_table *t, int side, const char *id, size_t len, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t n = t->id.n;

    if (n >= INT32_MAX)
        DN_FAIL(DN_EDATA, "more than 2^31 - 1 nodes: '%.*s' is one too many", (int)(len < 60 ? len : 60), id);
    DN_TRY(dn_grow((void **)&t->side, &t->side_cap, (size_t)n + 1, 1, err));
    DN_TRY(dn_strings_add(&t->id, id, len, err));
    t->side[n] = (uint8_t)side;
out:
    return st;
}

dn_status dn_node_table_add(dn_node_table *t, int side, const char *id, size_t len, int64_t *out_node,
                            dn_error *err)
{
    dn_status st = DN_OK;
    int64_t n = t->id.n;
    size_t key;

    DN_TRY(dn_node_table_key(t, side, id, len, &key, err));
    DN_TRY(dn_names_add(t->number, t->key, key, n, out_node, err));
    if (*out_node == n)
        DN_TRY(append(t, side, id, len, err));
out:
    return st;
}

/* ---- in the file ---- */

/* The nodes of a file; two that the map takes for one stay apart, the first is found. */
static dn_status take(const char *path, const dn_strings *id, const uint8_t *side, const uint8_t *old_side,
                      int old_sides, dn_node_table *t, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t i = 0; i < id->n; i++) {
        size_t len;
        const char *text = dn_strings_at(id, i, &len);
        int64_t node;
        if (side[i] >= old_sides)
            DN_FAIL(DN_EDATA, "%s: node %lld is of side %d, but there are %d sides (from 0)", path,
                    (long long)i, (int)side[i], old_sides);
        DN_TRY(dn_node_table_add(t, old_side[side[i]], text, len, &node, err));
        if (node == i)
            continue;
        t->apart++;
        DN_TRY(append(t, old_side[side[i]], text, len, err));
    }
out:
    return st;
}

static dn_status number_ids(int64_t n, dn_strings *out, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t i = 0; i < n; i++)
        DN_TRY(dn_strings_add_number(out, i, err));
out:
    return st;
}

dn_status dn_node_table_load(const dn_comm *comm, const dn_h5 *h, const uint8_t *old_side, int old_sides,
                             dn_node_table *t, dn_error *err)
{
    dn_status st = DN_OK;
    dn_strings id = {0};
    uint8_t *side = NULL;
    int64_t n;

    DN_PASS(dn_names_create(&t->number, err));
    DN_AGREE(comm);
    if (!dn_h5_has(h, "/nodes"))
        goto out;
    DN_TRY(dn_h5_get_int(h, "/nodes", "count", &n, err));
    if (n < 0 || n > INT32_MAX) /* the same on every rank, as below */
        DN_FAIL(DN_EDATA, "%s: %lld nodes: this program counts 0 to %d", dn_h5_path(h), (long long)n,
                INT32_MAX);
    if (dn_h5_has(h, "/nodes/id"))
        DN_TRY(dn_h5_read_strings(h, "/nodes/id", &id, err));
    else
        DN_PASS(number_ids(n, &id, err));
    DN_PASS_NEW(side, (size_t)n);
    DN_AGREE(comm);
    if (id.n != n)
        DN_FAIL(DN_EDATA, "%s: %lld nodes have %lld ids", dn_h5_path(h), (long long)n, (long long)id.n);
    if (dn_h5_has(h, "/nodes/side"))
        DN_TRY(dn_h5_read(h, "/nodes/side", DN_U8, 0, n, side, err));
    DN_PASS(take(dn_h5_path(h), &id, side, old_side, old_sides, t, err));
    DN_AGREE(comm);
out:
    dn_strings_destroy(&id);
    dn_free(side);
    return st;
}

dn_status dn_node_table_write(const dn_comm *comm, const dn_node_table *t, dn_h5 *h, dn_error *err)
{
    dn_status st = DN_OK;
    char sides[2048] = "";
    int64_t n = t->id.n;

    (void)comm;
    for (int64_t i = 0; i < t->side_name.n; i++) {
        size_t at = strlen(sides), len;
        const char *name = dn_strings_at(&t->side_name, i, &len);
        if (at + len + 2 > sizeof sides)
            DN_FAIL(DN_EUSAGE, "the names of %lld sides are too long", (long long)t->side_name.n);
        if (i > 0)
            sides[at++] = ',';
        memcpy(sides + at, name, len);
        sides[at + len] = '\0';
    }
    if (dn_h5_has(h, "/nodes"))
        DN_TRY(dn_h5_remove(h, "/nodes", err));
    DN_TRY(dn_h5_write_strings(h, "/nodes/id", &t->id, err));
    DN_TRY(dn_h5_write_all(h, "/nodes/side", 1, &n, t->side, err));
    DN_TRY(dn_h5_set_int(h, "/nodes", "count", n, err));
    DN_TRY(dn_h5_set_text(h, "/nodes", "sides", sides, err));
out:
    return st;
}
