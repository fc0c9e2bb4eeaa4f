/* embed_parts.c - what is done of an embedding, as files beside the output; see embed_private.h */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "mpi/core/agree.h"
#include "mpi/embed/embed_private.h"
#include "solvers/base/alloc.h"
#include "solvers/base/json.h"
#include "solvers/base/log.h"

enum { PATH_ROOM = 1200 };

static const char *path_of(const char *dir, int64_t number, char *buf)
{
    snprintf(buf, PATH_ROOM, "%s/part-%06lld.h5", dir, (long long)number);
    return buf;
}

/* ---- finding ---- */

/* The number in "part-000012.h5", or -1. */
static int64_t number_in(const char *name)
{
    long long number;
    char again[64];

    if (sscanf(name, "part-%lld.h5", &number) != 1 || number < 0)
        return -1;
    snprintf(again, sizeof again, "part-%06lld.h5", number);
    return strcmp(name, again) == 0 ? (int64_t)number : -1;
}

/* Numbers of the parts in dir, in any order. Rank 0. */
static dn_status list_parts(const char *dir, int64_t **out, int64_t *out_n, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t room = 16, *grown;
    const struct dirent *entry;
    DIR *d = opendir(dir);

    if (d == NULL)
        DN_FAIL(DN_EIO, "%s: cannot be listed: %s", dir, strerror(errno));
    DN_NEW(*out, (size_t)room);
    while ((entry = readdir(d)) != NULL) {
        int64_t number = number_in(entry->d_name);

        if (number < 0)
            continue;
        if (*out_n == room) {
            DN_NEW(grown, (size_t)(2 * room));
            memcpy(grown, *out, (size_t)room * sizeof *grown);
            dn_free(*out);
            *out = grown;
            room *= 2;
        }
        (*out)[(*out_n)++] = number;
    }
out:
    if (d != NULL)
        closedir(d);
    return st;
}

/* The same on every rank. Collective. */
static dn_status find_parts(const dn_comm *comm, const char *dir, int64_t **out, int64_t *out_n,
                            dn_error *err)
{
    dn_status st = DN_OK;

    if (comm->rank == 0)
        DN_PASS(list_parts(dir, out, out_n, err));
    DN_AGREE(comm);
    MPI_Bcast(out_n, 1, MPI_INT64_T, 0, comm->mpi);
    if (comm->rank != 0) {
        *out = dn_calloc((size_t)*out_n + 1, sizeof **out);
        if (*out == NULL)
            st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %lld parts",
                              (long long)*out_n);
    }
    DN_AGREE(comm);
    MPI_Bcast(*out, (int)*out_n, MPI_INT64_T, 0, comm->mpi);
out:
    return st;
}

/* Collective. Fails: DN_EIO */
static dn_status remove_part(const dn_comm *comm, const char *path, dn_error *err)
{
    dn_status st = DN_OK;

    if (comm->rank == 0 && unlink(path) != 0 && errno != ENOENT)
        st =
            dn_error_set(err, DN_EIO, __FILE__, __LINE__, "%s: cannot be removed: %s", path, strerror(errno));
    DN_AGREE(comm);
out:
    return st;
}

/* ---- checking ---- */

/* Whether a part that is sound as a file was made under this config. Collective. */
static dn_status check_config(const dn_comm *comm, const char *path, const char *config, bool *out_same,
                              dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;
    char *have = NULL, text[128] = "";

    DN_TRY(dn_h5_open(comm, path, DN_STATES_SCHEMA, &h, err));
    DN_TRY(dn_h5_read_text(h, "/", "config", &have, err));
    *out_same = strcmp(have, config) == 0;
    if (!*out_same) {
        if (dn_json_difference(config, have, text, sizeof text, NULL) != DN_OK)
            text[0] = '\0';
        st = dn_error_set(err, DN_ECANTCREAT, __FILE__, __LINE__,
                          "%s: was made with other options or inputs%s%s%s; --force starts anew", path,
                          text[0] != '\0' ? " (" : "", text, text[0] != '\0' ? ")" : "");
    }
    DN_AGREE(comm);
out:
    dn_h5_close(&h);
    dn_free(have);
    return st;
}

/* Proteins [begin, *end) of a file that fit into `wave` bytes, one at least. */
static int64_t turn_end(const dn_states_about *about, const dn_strings *sequence, int64_t begin, int64_t wave)
{
    int64_t end = begin, bytes = 0;

    while (end < sequence->n) {
        bytes += dn_states_positions(about, sequence->offset[end + 1] - sequence->offset[end]) *
                 about->width * (int64_t)sizeof(float);
        if (bytes > wave && end > begin)
            break;
        end++;
    }
    return end;
}

/* Memory for proteins of `sequence`, one after the other. */
typedef struct pile {
    float *state;   /* all */
    float **at;     /* [n]  where each begins */
    int64_t *which; /* [n]  for dn_states_read_own() */
} pile;

static void pile_destroy(pile *p)
{
    dn_free(p->state);
    dn_free(p->at);
    dn_free(p->which);
}

/* For sequences [mine). */
static dn_status pile_create(const dn_states_about *about, const dn_strings *sequence, dn_range mine,
                             pile *out, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t positions = 0;

    DN_NEW(out->at, (size_t)(mine.end - mine.begin) + 1);
    DN_NEW(out->which, (size_t)(mine.end - mine.begin) + 1);
    for (int64_t i = mine.begin; i < mine.end; i++)
        positions += dn_states_positions(about, sequence->offset[i + 1] - sequence->offset[i]);
    DN_NEW(out->state, (size_t)(positions * about->width) + 1);
    positions = 0;
    for (int64_t i = mine.begin; i < mine.end; i++) {
        out->at[i - mine.begin] = out->state + positions * about->width;
        positions += dn_states_positions(about, sequence->offset[i + 1] - sequence->offset[i]);
    }
out:
    return st;
}

/* The proteins of this rank among [begin, end): those whose first position lies in its share of all
 * positions, so that no rank has more than that and one protein. Longest first, equal numbers would fill rank
 * 0. */
static dn_range share_of(const dn_comm *comm, const dn_states_about *about, const dn_strings *sequence,
                         int64_t begin, int64_t end)
{
    dn_range mine = {begin, begin};
    int64_t total = 0, before = 0;

    for (int64_t i = begin; i < end; i++)
        total += dn_states_positions(about, sequence->offset[i + 1] - sequence->offset[i]);
    for (int64_t i = begin; i < end; i++) {
        int64_t owner = before * comm->size / total;

        mine.begin += owner < comm->rank;
        mine.end += owner <= comm->rank;
        before += dn_states_positions(about, sequence->offset[i + 1] - sequence->offset[i]);
    }
    return mine;
}

/* Read all of a part and compare the checksums. Collective. Fails: as dn_states_read_own() */
static dn_status check_states(const dn_comm *comm, const dn_states *s, int64_t wave, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_strings *sequence = dn_states_sequences(s);
    pile p = {.state = NULL};

    for (int64_t begin = 0, end; begin < sequence->n; begin = end) {
        dn_range mine;

        end = turn_end(dn_states_info(s), sequence, begin, wave * comm->size);
        mine = share_of(comm, dn_states_info(s), sequence, begin, end);
        DN_PASS(pile_create(dn_states_info(s), sequence, mine, &p, err));
        DN_AGREE(comm);
        for (int64_t i = mine.begin; i < mine.end; i++)
            p.which[i - mine.begin] = i;
        DN_TRY(dn_states_read_own(s, mine.end - mine.begin, p.which, p.at, NULL, err));
        pile_destroy(&p);
        p = (pile){.state = NULL};
    }
out:
    pile_destroy(&p);
    return st;
}

/* ---- indexing ---- */

/* Who is where. Local: the same on every rank. */
static void index_part(dn_parts *p, const dn_names *names, const dn_strings *sequence)
{
    for (int64_t i = 0; i < sequence->n; i++) {
        size_t len;
        const char *text = dn_strings_at(sequence, i, &len);
        int64_t protein = dn_names_find(names, text, len);

        if (protein < 0)
            continue;
        p->part[protein] = (int32_t)p->n;
        p->place[protein] = i;
    }
}

/* Take a part over, or remove it. Collective. */
static dn_status take_part(const dn_comm *comm, dn_parts *p, int64_t number, const dn_states_file *file,
                           const dn_names *names, int64_t wave, dn_error *err)
{
    dn_status st = DN_OK;
    dn_error why = DN_ERROR_INIT;
    dn_states *s = NULL;
    bool same = false;
    char path[PATH_ROOM];

    path_of(p->dir, number, path);
    st = check_config(comm, path, file->config, &same, &why);
    if (st == DN_ECANTCREAT && file->force) {
        st = remove_part(comm, path, err);
        goto out;
    }
    if (st == DN_OK)
        st = dn_states_open(comm, path, &s, &why);
    if (st == DN_OK)
        st = check_states(comm, s, wave, &why);
    if (st == DN_EDATA) {
        if (comm->rank == 0)
            dn_log(DN_WARN, "embed", "a part is damaged and computed again", "reason=\"%s\"", why.text);
        st = remove_part(comm, path, err);
        goto out;
    }
    if (st != DN_OK)
        DN_FAIL(st, "%s", why.text);
    index_part(p, names, dn_states_sequences(s));
    p->number[p->n++] = number;
out:
    dn_states_close(&s);
    return st;
}

/* found: how many files there are. A protein makes a part at most. */
static dn_status parts_create(const char *dir, int64_t found, const dn_strings *sequence, dn_parts *out,
                              dn_names **out_names, dn_error *err)
{
    dn_status st = DN_OK;

    *out = (dn_parts){.dir = dir};
    DN_NEW(out->number, (size_t)(found + sequence->n) + 1);
    DN_NEW(out->part, (size_t)sequence->n);
    DN_NEW(out->place, (size_t)sequence->n);
    for (int64_t i = 0; i < sequence->n; i++)
        out->part[i] = -1;
    DN_TRY(dn_names_of(sequence, out_names, err));
out:
    return st;
}

/* A stop between two steps that leave the parts as they are. A clock is not looked at before a protein was
 * computed: with less time than it takes to get there a run would be started again and again. Collective.
 * Fails: DN_ESAVED */
static dn_status check_stop(const dn_comm *comm, const dn_parts *p, const char *doing, int64_t done,
                            int64_t all, const char *of, dn_error *err)
{
    dn_status st = DN_OK;
    int wishes = dn_request_agree(comm, p->requests) & (p->moved ? DN_WISH_STOP : ~DN_WISH_STOP_TIME);
    char where[100];

    snprintf(where, sizeof where, "%s %lld of %lld %s", doing, (long long)done, (long long)all, of);
    if (wishes & DN_WISH_STOP)
        DN_TRY(dn_request_stopped(wishes, where, err));
out:
    return st;
}

dn_status dn_parts_open(const dn_comm *comm, const char *dir, const dn_states_file *file,
                        const dn_strings *sequence, int64_t wave, dn_requests *requests, dn_parts *out,
                        dn_error *err)
{
    dn_status st = DN_OK;
    dn_names *names = NULL;
    int64_t *number = NULL, n = 0;

    *out = (dn_parts){.dir = dir};
    DN_TRY(find_parts(comm, dir, &number, &n, err));
    DN_PASS(parts_create(dir, n, sequence, out, &names, err));
    DN_AGREE(comm);
    out->requests = requests;
    for (int64_t i = 0; i < n; i++) {
        DN_TRY(check_stop(comm, out, "checking", i, n, "parts of an earlier run", err));
        DN_TRY(take_part(comm, out, number[i], file, names, wave, err));
        out->next = number[i] >= out->next ? number[i] + 1 : out->next;
    }
out:
    dn_names_destroy(&names);
    dn_free(number);
    if (st != DN_OK)
        dn_parts_destroy(out);
    return st;
}

void dn_parts_destroy(dn_parts *p)
{
    dn_free(p->number);
    dn_free(p->part);
    dn_free(p->place);
    *p = (dn_parts){.dir = NULL};
}

/* ---- adding ---- */

static dn_status choose_strings(const dn_strings *sequence, int64_t n, const int64_t *protein,
                                dn_strings *out, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t i = 0; i < n; i++)
        DN_TRY(dn_strings_add_string(out, sequence, protein[i], err));
out:
    return st;
}

dn_status dn_parts_add(const dn_comm *comm, dn_parts *p, const dn_states_file *file,
                       const dn_states_about *about, const dn_strings *sequence, int64_t n,
                       const int64_t *protein, dn_range mine, const float *state, dn_error *err)
{
    dn_status st = DN_OK;
    dn_strings chosen = {.n = 0};
    dn_states_file part = *file;
    char path[PATH_ROOM];

    part.path = path_of(p->dir, p->next, path);
    part.force = true;
    DN_PASS(choose_strings(sequence, n, protein, &chosen, err));
    DN_AGREE(comm);
    DN_TRY(dn_states_write(comm, &part, about, &chosen, mine, state, err));
    for (int64_t i = 0; i < n; i++) {
        p->part[protein[i]] = (int32_t)p->n;
        p->place[protein[i]] = i;
    }
    p->number[p->n++] = p->next++;
    p->moved = true;
out:
    dn_strings_destroy(&chosen);
    return st;
}

/* ---- joining ---- */

/* What this rank wants of part k among proteins [mine): into which [returned] and the places at. */
static int64_t wanted_of(const dn_parts *p, int32_t k, dn_range mine, const pile *from, int64_t *which,
                         float **at)
{
    int64_t n = 0;

    for (int64_t i = mine.begin; i < mine.end; i++)
        if (p->part[i] == k) {
            which[n] = p->place[i];
            at[n++] = from->at[i - mine.begin];
        }
    return n;
}

static bool part_in(const dn_parts *p, int32_t k, int64_t begin, int64_t end)
{
    for (int64_t i = begin; i < end; i++)
        if (p->part[i] == k)
            return true;
    return false;
}

/* Read proteins [mine) of those of this turn, from whatever parts hold them. Collective. */
static dn_status gather_turn(const dn_comm *comm, const dn_parts *p, int64_t begin, int64_t end,
                             dn_range mine, pile *to, dn_error *err)
{
    dn_status st = DN_OK;
    dn_states *s = NULL;
    float **at = dn_calloc((size_t)(mine.end - mine.begin) + 1, sizeof *at);
    char path[PATH_ROOM];

    if (at == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: a turn of states");
    DN_AGREE(comm);
    for (int32_t k = 0; k < p->n; k++) {
        if (!part_in(p, k, begin, end))
            continue;
        DN_TRY(dn_states_open(comm, path_of(p->dir, p->number[k], path), &s, err));
        DN_TRY(dn_states_read_own(s, wanted_of(p, k, mine, to, to->which, at), to->which, at, NULL, err));
        dn_states_close(&s);
    }
out:
    dn_states_close(&s);
    dn_free(at);
    return st;
}

dn_status dn_parts_join(const dn_comm *comm, dn_parts *p, const dn_states_file *file,
                        const dn_states_about *about, const dn_strings *sequence, int64_t wave, dn_error *err)
{
    dn_status st = DN_OK;
    dn_states_writer *w = NULL;
    pile turn = {.state = NULL};
    char path[PATH_ROOM];

    DN_TRY(dn_states_begin(comm, file, about, sequence, &w, err));
    for (int64_t begin = 0, end; begin < sequence->n; begin = end) {
        dn_range mine;

        DN_TRY(check_stop(comm, p, "joining", begin, sequence->n, "proteins", err));
        end = turn_end(about, sequence, begin, wave * comm->size);
        mine = share_of(comm, about, sequence, begin, end);
        DN_PASS(pile_create(about, sequence, mine, &turn, err));
        DN_AGREE(comm);
        DN_TRY(gather_turn(comm, p, begin, end, mine, &turn, err));
        DN_TRY(dn_states_put(w, mine, turn.state, err));
        pile_destroy(&turn);
        turn = (pile){.state = NULL};
    }
    DN_TRY(dn_states_commit(&w, err));
    for (int64_t k = 0; k < p->n; k++)
        DN_TRY(remove_part(comm, path_of(p->dir, p->number[k], path), err));
    p->n = 0;
out:
    dn_states_abandon(&w);
    pile_destroy(&turn);
    return st;
}
