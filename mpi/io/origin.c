/* origin.c - negatives by where they come from; see origin.h */
#include "mpi/io/origin.h"

#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/core/partition.h"

enum { PATH_CAP = 256 };

static const char suffix[] = ":rows";

const char *const dn_origin_names[DN_ORIGINS] = {"given", "uniform", "degree"};

dn_status dn_origins_parse(const char *text, dn_origins *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_origins o = {.n = 0};
    bool seen[DN_ORIGINS] = {false};

    for (const char *at = text;; at++) {
        size_t len = strcspn(at, ",");
        int k = 0;

        while (k < DN_ORIGINS && (strlen(dn_origin_names[k]) != len || strncmp(at, dn_origin_names[k], len)))
            k++;
        if (k == DN_ORIGINS)
            DN_FAIL(DN_EUSAGE, "negatives '%s': '%.*s' is none of given, uniform, degree", text, (int)len,
                    at);
        if (seen[k])
            DN_FAIL(DN_EUSAGE, "negatives '%s': '%s' stands there twice", text, dn_origin_names[k]);
        seen[k] = true;
        o.kind[o.n++] = (uint8_t)k;
        at += len;
        if (*at == '\0')
            break;
    }
    *out = o;
out:
    return st;
}

char *dn_origins_text(const dn_origins *o, char *buf, size_t cap)
{
    size_t used = 0;

    buf[0] = '\0';
    for (int k = 0; k < o->n && used < cap; k++)
        used +=
            (size_t)snprintf(buf + used, cap - used, "%s%s", k > 0 ? "," : "", dn_origin_names[o->kind[k]]);
    return buf;
}

uint8_t dn_part_in_view(uint8_t part, uint8_t label, uint8_t origin, dn_origin trained, dn_origin view)
{
    uint8_t base = part & 3;

    if (label > 0)
        return base;
    return origin == (uint8_t)(base == DN_TRAIN ? trained : view) ? base : (uint8_t)(base + DN_ASIDE);
}

dn_status dn_origins_load(const dn_h5 *h, const char *split, dn_origins *out, dn_error *err)
{
    dn_status st = DN_OK;
    char group[PATH_CAP], text[64];

    *out = (dn_origins){.n = 1, .kind = {DN_GIVEN}};
    snprintf(group, sizeof group, "/splits/%s", split);
    if (!dn_h5_has_attribute(h, group, "negatives"))
        goto out;
    DN_TRY(dn_h5_get_text(h, group, "negatives", text, sizeof text, err));
    DN_TRY(dn_origins_parse(text, out, err));
out:
    return st;
}

static void turn(dn_split *s, const dn_pairs *p, dn_origin trained, dn_origin view, dn_range rows)
{
    for (int64_t i = rows.begin; i < rows.end; i++)
        s->part[i] = dn_part_in_view(s->part[i], p->label[i], p->origin[i], trained, view);
}

dn_status dn_split_look_at(dn_split *io_split, const dn_pairs *pairs, dn_origin trained, dn_origin view,
                           dn_error *err)
{
    dn_status st = DN_OK;
    dn_split *s = io_split;
    dn_range rows = {0, s->n};

    if (pairs->n != s->n || pairs->origin == NULL) /* the same on every rank */
        DN_FAIL(DN_EDATA, "pair set '%s' is not that of a split with drawn negatives", s->pairs);
    if (s->memory != NULL) { /* the ranks of a host share it: each turns its block, when all are here */
        const dn_host *host = dn_shared_host(s->memory);
        rows = dn_block(s->n, host->comm.rank, host->comm.size);
        dn_shared_barrier(s->memory);
    }
    turn(s, pairs, trained, view, rows);
    if (s->memory != NULL)
        dn_shared_barrier(s->memory);
out:
    return st;
}

char *dn_split_rows_name(const char *split, char *buf, size_t cap)
{
    snprintf(buf, cap, "%s%s", split, suffix);
    return buf;
}

bool dn_split_owns(const char *pairs, char *out_split, size_t cap)
{
    size_t len = strlen(pairs), tail = sizeof suffix - 1;

    if (len <= tail || strcmp(pairs + len - tail, suffix) != 0)
        return false;
    snprintf(out_split, cap, "%.*s", (int)(len - tail), pairs);
    return true;
}

dn_status dn_split_remove(dn_h5 *h, const char *split, dn_error *err)
{
    dn_status st = DN_OK;
    char path[PATH_CAP], rows[PATH_CAP / 2];

    snprintf(path, sizeof path, "/splits/%s", split);
    if (dn_h5_has(h, path))
        DN_TRY(dn_h5_remove(h, path, err));
    snprintf(path, sizeof path, "/pairs/%s", dn_split_rows_name(split, rows, sizeof rows));
    if (dn_h5_has(h, path))
        DN_TRY(dn_h5_remove(h, path, err));
out:
    return st;
}
