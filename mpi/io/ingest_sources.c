/* ingest_sources.c - what went in: paths, sizes, SHA-256, and the options as JSON; see ingest_private.h */
#include "mpi/io/ingest_private.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "mpi/core/agree.h"
#include "mpi/io/share.h"
#include "solvers/base/alloc.h"
#include "solvers/base/json.h"

enum { STAMP = 4 };

void dn_sources_destroy(dn_sources *s)
{
    dn_strings_destroy(&s->path);
    dn_strings_destroy(&s->sha256);
    dn_free(s->bytes);
    dn_free(s->digest);
    dn_free(s->stamp);
    *s = (dn_sources){0};
}

/* ---- the inputs ---- */

static int files(const dn_import_options *o)
{
    return (o->gene_ids != NULL) + o->n_expression + o->n_pairs + (o->id_map != NULL) + o->n_layers +
           (o->molecules != NULL) + (o->sequences != NULL) + o->n_interactions;
}

/* Gene id table, expression, pairs, id map, layers, molecules, sequences, interactions. */
static const char *file(const dn_import_options *o, int i)
{
    if (o->gene_ids != NULL && i-- == 0)
        return o->gene_ids;
    if (i < o->n_expression)
        return o->expression[i];
    i -= o->n_expression;
    if (i < o->n_pairs)
        return o->pair_file[i];
    i -= o->n_pairs;
    if (o->id_map != NULL && i-- == 0)
        return o->id_map;
    if (i < o->n_layers)
        return o->layer[i].file;
    i -= o->n_layers;
    if (o->molecules != NULL && i-- == 0)
        return o->molecules;
    if (o->sequences != NULL && i-- == 0)
        return o->sequences;
    return o->interactions_file[i];
}

static dn_status add(dn_sources *s, const char *path, const dn_sha256 *d, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_strings_add(&s->path, path, strlen(path), err));
    DN_TRY(dn_strings_add(&s->sha256, d->hex, strlen(d->hex), err));
    s->bytes[s->path.n - 1] = d->bytes;
out:
    return st;
}

/* Zeros: it is not there. */
static void look_at(const char *path, int64_t stamp[STAMP])
{
    struct stat info;

    memset(stamp, 0, STAMP * sizeof *stamp);
    if (stat(path, &info) != 0)
        return;
    stamp[0] = (int64_t)info.st_size;
    stamp[1] = (int64_t)info.st_mtim.tv_sec;
    stamp[2] = (int64_t)info.st_mtim.tv_nsec;
    stamp[3] = (int64_t)info.st_ino;
}

dn_status dn_sources_stamp(const dn_import_options *o, dn_sources *s, dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(s->stamp, (size_t)files(o) * STAMP + 1);
    for (int i = 0; i < files(o); i++)
        look_at(file(o, i), s->stamp + i * STAMP);
out:
    return st;
}

dn_status dn_sources_check(const dn_import_options *o, const dn_sources *s, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t now[STAMP];

    for (int i = 0; i < files(o); i++) {
        look_at(file(o, i), now);
        if (memcmp(now, s->stamp + i * STAMP, sizeof now) != 0)
            DN_FAIL(DN_EIO, "%s: has changed while it was read", file(o, i));
    }
out:
    return st;
}

dn_status dn_sources_read(const dn_comm *comm, const dn_import_options *o, dn_sources *out, dn_error *err)
{
    dn_status st = DN_OK;
    int n = files(o), tables = o->gene_ids != NULL, rest = tables + o->n_expression;

    DN_PASS_NEW(out->digest, (size_t)n);
    DN_PASS_NEW(out->bytes, (size_t)n);
    for (int i = comm->rank; i < n; i += comm->size)
        if (i < tables || i >= rest)
            DN_PASS(dn_sha256_file(file(o, i), &out->digest[i], err));
    DN_AGREE(comm);
    for (int i = 0; i < n; i++)
        if (i < tables || i >= rest)
            MPI_Bcast(&out->digest[i], (int)sizeof *out->digest, MPI_BYTE, i % comm->size, comm->mpi);
out:
    return st;
}

dn_status dn_sources_name(const dn_import_options *o, const dn_table_part *part, dn_sources *out,
                          dn_error *err)
{
    dn_status st = DN_OK;
    int n = files(o), tables = o->gene_ids != NULL, rest = tables + o->n_expression;

    for (int i = 0; i < n; i++)
        DN_TRY(add(out, file(o, i), i < tables || i >= rest ? &out->digest[i] : &part[i - tables].hash, err));
out:
    return st;
}

/* ---- into the file ---- */

dn_status dn_sources_write(const dn_comm *comm, const dn_sources *s, dn_h5 *h, dn_error *err)
{
    dn_status st = DN_OK;
    dn_sources all = {0};
    int64_t n;
    bool old = dn_h5_has(h, "/sources");

    if (old) {
        DN_TRY(dn_h5_read_strings(h, "/sources/path", &all.path, err));
        DN_TRY(dn_h5_read_strings(h, "/sources/sha256", &all.sha256, err));
    }
    n = all.path.n + s->path.n;
    DN_PASS_NEW(all.bytes, (size_t)n);
    DN_AGREE(comm);
    if (old) {
        DN_TRY(dn_h5_read(h, "/sources/bytes", DN_I64, 0, all.path.n, all.bytes, err));
        DN_TRY(dn_h5_remove(h, "/sources", err));
    }
    memcpy(all.bytes + all.path.n, s->bytes, (size_t)s->path.n * sizeof *s->bytes);
    DN_PASS(dn_strings_append(&all.path, &s->path, err));
    DN_PASS(dn_strings_append(&all.sha256, &s->sha256, err));
    DN_AGREE(comm);
    DN_TRY(dn_h5_write_strings(h, "/sources/path", &all.path, err));
    DN_TRY(dn_h5_write_strings(h, "/sources/sha256", &all.sha256, err));
    DN_TRY(dn_h5_write_all(h, "/sources/bytes", 1, &n, all.bytes, err));
out:
    dn_sources_destroy(&all);
    return st;
}

/* ---- the options that determine the content ---- */

static void add_file(dn_json *obj, const char *path, const dn_sources *s, int i)
{
    char hex[80];

    if (obj == NULL) /* not wanted */
        return;
    dn_json_string(obj, "file", path);
    dn_json_string(obj, "sha256", dn_strings_copy(&s->sha256, i, hex, sizeof hex));
}

static void add_words(dn_json *root, const char *key, int n, const char *const *words)
{
    dn_json *list = dn_json_array(root, key);

    for (int i = 0; i < n; i++)
        dn_json_string(list, NULL, words[i]);
}

static void add_text(dn_json *obj, const char *key, const char *text)
{
    if (text != NULL)
        dn_json_string(obj, key, text);
}

/* The id map and the layers; at is the number of its file among the sources. */
static void add_network(dn_json *root, const dn_import_options *o, const dn_sources *s, int only, int at)
{
    dn_json *list, *obj;

    if (o->n_layers == 0 || (only >= 0 && (only < o->n_pairs || only >= o->n_pairs + o->n_layers)))
        return;
    if (o->id_map != NULL) {
        obj = dn_json_object(root, "id_map");
        add_file(obj, o->id_map, s, at++);
        add_text(obj, "columns", o->id_columns);
    }
    add_text(root, "columns", o->columns);
    if (o->drop_cut_line)
        dn_json_bool(root, "drop_cut_line", true);
    list = dn_json_array(root, "edges");
    for (int i = 0; i < o->n_layers; i++, at++)
        if (only < 0 || only == o->n_pairs + i) {
            obj = dn_json_object(list, NULL);
            dn_json_string(obj, "name", o->layer[i].name);
            add_text(obj, "source_side", o->layer[i].source_side);
            add_text(obj, "target_side", o->layer[i].target_side);
            add_file(obj, o->layer[i].file, s, at);
        }
}

/* The files of texts by id and the interactions; at as above. */
static void add_interactions(dn_json *root, const dn_import_options *o, const dn_sources *s, int only, int at)
{
    dn_json *list, *obj;

    if (o->n_interactions == 0 || (only >= 0 && only < o->n_pairs + o->n_layers))
        return;
    if (o->molecules != NULL)
        add_file(dn_json_object(root, "molecules"), o->molecules, s, at++);
    if (o->sequences != NULL)
        add_file(dn_json_object(root, "sequences"), o->sequences, s, at++);
    add_text(root, "interaction_columns", o->interaction_columns);
    if (o->skip_other_labels)
        dn_json_bool(root, "skip_other_labels", true);
    list = dn_json_array(root, "interactions");
    for (int i = 0; i < o->n_interactions; i++, at++)
        if (only < 0 || only == o->n_pairs + o->n_layers + i) {
            obj = dn_json_object(list, NULL);
            dn_json_string(obj, "name", o->interactions_name[i]);
            add_file(obj, o->interactions_file[i], s, at);
        }
}

/* What decides on the rows of pair sets, where it is given. */
static void add_pair_options(dn_json *root, const dn_import_options *o)
{
    static const char *const types[] = {"any", "physical", "genetic"};

    if (o->n_pair_formats > 0)
        add_words(root, "pairs_format", o->n_pair_formats, o->pair_format);
    add_text(root, "organism", o->filter.organism);
    if (o->filter.type != DN_EXPERIMENT_ANY)
        dn_json_string(root, "experiment_type", types[o->filter.type]);
    add_text(root, "experiment_system", o->filter.system);
    if (o->filter.scored)
        dn_json_number(root, "min_score", o->filter.min_score);
    add_text(root, "connections", o->connections);
    if (o->undirected)
        dn_json_bool(root, "undirected", true);
}

dn_status dn_import_config(const dn_import_options *o, const dn_sources *s, int only, char **out,
                           dn_error *err)
{
    static const char *const axes[] = {"auto", "rows", "columns"};
    dn_status st = DN_OK;
    dn_json *root = dn_json_create(), *list = NULL;
    int at = 0;

    dn_json_string(root, "command", "import");
    if (o->gene_ids != NULL)
        add_file(dn_json_object(root, "gene_ids"), o->gene_ids, s, at++);
    if (only < 0)
        list = dn_json_array(root, "expression");
    for (int i = 0; i < o->n_expression; i++)
        add_file(only < 0 ? dn_json_object(list, NULL) : NULL, o->expression[i], s, at++);
    if (only < 0) {
        dn_json_string(root, "genes_in", axes[o->genes_in]);
        dn_json_number(root, "min_match", o->min_match);
        if (o->n_expression > 0)
            dn_json_string(root, "repeated_genes", dn_repeated_name(o->repeated));
        add_words(root, "drop_genes", o->n_drop, o->drop);
        add_words(root, "decoys", o->n_decoys, o->decoys);
    }
    list = dn_json_array(root, "pairs");
    for (int i = 0; i < o->n_pairs; i++, at++)
        if (only < 0 || only == i) {
            dn_json *pair = dn_json_object(list, NULL);
            dn_json_string(pair, "name", o->pair_name[i]);
            add_file(pair, o->pair_file[i], s, at);
        }
    if (only < o->n_pairs)
        add_pair_options(root, o);
    add_network(root, o, s, only, at);
    add_interactions(root, o, s, only, at + (o->id_map != NULL) + o->n_layers);
    DN_TRY(dn_json_text(root, 0, out, err));
out:
    dn_json_destroy(&root);
    return st;
}
