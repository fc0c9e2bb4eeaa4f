/* ingest_network.c - tests of mpi/io/ingest.h, networks: the same bits on any ranks, counts against the naive
 * way, layers that join and are added */
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mpi/io/dataset.h"
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"
#include "tests/support/network_import.h"

static const char drug_gene[] = "#Drug\tGene\nDB1\tP1\nDB2\tP2\n#Drug\tGene\nDB1\tP3\nDB1\tP1\n";
static const char gene_gene[] = "11,12\n12,11\n13,13\n99,11\n12,98\n";
static const char id_map[] =
    "uniprot_id\tname\tentrez_id\nP1\tone\t11\nP2\ttwo\t12\nP3\t\t13\nP9\tagain\t11\n";

/* ---- two datasets ---- */

static void *read_all(const dn_h5 *h, const char *path, dn_type type, size_t size, int64_t *out_n)
{
    int ndims;
    int64_t dims[4] = {0};
    void *data = NULL;

    *out_n = -1;
    if (!dn_h5_has(h, path) || dn_h5_shape(h, path, &ndims, dims, NULL) != DN_OK)
        return NULL;
    data = dn_calloc((size_t)dims[0] + 1, size);
    if (data == NULL || dn_h5_read(h, path, type, 0, dims[0], data, NULL) != DN_OK)
        return data;
    *out_n = dims[0];
    return data;
}

/* Whether a member is in both files, and the same, or in none. */
static bool same_member(dn_h5 *const h[2], const char *path, dn_type type, size_t size)
{
    int64_t n[2];
    void *data[2];
    bool same;

    for (int i = 0; i < 2; i++)
        data[i] = read_all(h[i], path, type, size, &n[i]);
    same = n[0] == n[1] && (data[0] == NULL) == (data[1] == NULL) &&
           (n[0] <= 0 || memcmp(data[0], data[1], (size_t)n[0] * size) == 0);
    for (int i = 0; i < 2; i++)
        dn_free(data[i]);
    if (!same)
        fprintf(stderr, "# %s differs: %lld and %lld\n", path, (long long)n[0], (long long)n[1]);
    return same;
}

static bool same_layer(dn_h5 *const h[2], const char *layer)
{
    static const struct {
        const char *name;
        dn_type type;
        size_t size;
    } members[] = {{"source", DN_I64, 8},
                   {"target", DN_I64, 8},
                   {"weight", DN_F32, 4},
                   {"sign", DN_I8, 1},
                   {"node", DN_I64, 8}};
    char path[200];
    bool same = true;

    for (size_t m = 0; m < sizeof members / sizeof members[0]; m++) {
        snprintf(path, sizeof path, "/edges/%s/%s", layer, members[m].name);
        same = same_member(h, path, members[m].type, members[m].size) && same;
    }
    return same;
}

/* Whether two datasets hold the same nodes and layers, bit for bit. Local (reads on one rank). */
static bool same_network(const char *left, const char *right)
{
    dn_comm self = {MPI_COMM_SELF, 0, 1};
    dn_h5 *h[2] = {NULL, NULL};
    dn_strings names = {0};
    char sides[2][200] = {"", "?"}, layer[80];
    bool same = true;

    for (int i = 0; i < 2; i++)
        same = dn_h5_open(&self, i == 0 ? left : right, DN_DATASET_SCHEMA, &h[i], NULL) == DN_OK && same;
    for (int i = 0; i < 2 && same; i++)
        same = dn_h5_get_text(h[i], "/nodes", "sides", sides[i], sizeof sides[i], NULL) == DN_OK;
    if (same) {
        same = strcmp(sides[0], sides[1]) == 0 && same_member(h, "/nodes/id/bytes", DN_U8, 1) &&
               same_member(h, "/nodes/id/offsets", DN_I64, 8) && same_member(h, "/nodes/side", DN_U8, 1);
        same = dn_h5_list(h[0], "/edges", &names, NULL) == DN_OK && names.n > 0 && same;
        for (int64_t i = 0; i < names.n; i++)
            same = same_layer(h, dn_strings_copy(&names, i, layer, sizeof layer)) && same;
    }
    dn_strings_destroy(&names);
    dn_h5_close(&h[0]);
    dn_h5_close(&h[1]);
    return same;
}

/* Import on all ranks to o->output, and on rank 0 alone to "<output>.one"; the content must be the same. */
static dn_status import_twice(const dn_import_options *o, dn_import_report *r, dn_error *err)
{
    dn_error why = DN_ERROR_INIT;
    dn_status st = dn_import(&test_comm, o, "test", r, err != NULL ? err : &why);
    char path[600];
    dn_import_options one = *o;
    dn_import_report other = {0};
    dn_comm self = {MPI_COMM_SELF, 0, 1};

    if (why.code != DN_OK)
        fprintf(stderr, "# rank %d: %s\n", test_comm.rank, why.text);
    snprintf(path, sizeof path, "%s.one", o->output);
    one.output = path;
    if (test_comm.rank == 0 && st == DN_OK) {
        CU_ASSERT_EQUAL(dn_import(&self, &one, "test", &other, NULL), DN_OK);
        CU_ASSERT(same_network(o->output, path));
        for (int i = 0; i < o->n_layers && other.layers != NULL; i++)
            CU_ASSERT(memcmp(&r->layers[i], &other.layers[i], sizeof r->layers[i]) == 0);
        dn_import_report_destroy(&other);
    }
    MPI_Barrier(test_comm.mpi);
    return st;
}

/* "id/side,..." of the nodes, for small datasets; on every rank. */
static void show_nodes(const char *path, char *buf, size_t cap)
{
    dn_h5 *h = NULL;
    dn_strings id = {0};
    uint8_t *side = NULL;
    int64_t n = 0;
    size_t used = 0;
    char one[60];

    buf[0] = '\0';
    if (dn_h5_open(&test_comm, path, DN_DATASET_SCHEMA, &h, NULL) == DN_OK &&
        dn_h5_read_strings(h, "/nodes/id", &id, NULL) == DN_OK)
        side = read_all(h, "/nodes/side", DN_U8, 1, &n);
    for (int64_t i = 0; i < n; i++)
        used += (size_t)snprintf(buf + used, cap - used, "%s%s/%d", i > 0 ? "," : "",
                                 dn_strings_copy(&id, i, one, sizeof one), side[i]);
    dn_free(side);
    dn_strings_destroy(&id);
    dn_h5_close(&h);
}

/* ---- small files ---- */

static void joined_layers(void)
{
    dn_layer_option y[2] = {{.name = "chg", .file = test_text("chg.tsv", drug_gene)},
                            {.name = "ppi", .file = test_text("ppi.csv", gene_gene)}};
    dn_import_options o = test_import(test_stay(test_path("joined.h5")), y, 2);
    dn_import_report r = {0};
    char nodes[200];

    o.id_map = test_text("map.tsv", id_map);
    CU_ASSERT_EQUAL(import_twice(&o, &r, NULL), DN_OK);
    show_nodes(o.output, nodes, sizeof nodes);
    CU_ASSERT_STRING_EQUAL(nodes, "DB1/0,P1/1,DB2/0,P2/1,P3/1,99/1,98/1");
    if (r.layers != NULL) {
        const dn_layer_report *a = &r.layers[0], *b = &r.layers[1];
        CU_ASSERT(a->rows == 4 && a->headers == 1 && a->edges == 3 && a->repeats == 1 && a->self_loops == 0);
        CU_ASSERT(a->source_nodes == 2 && a->target_nodes == 3 && a->shared == 0 && a->mapped == 3);
        CU_ASSERT(b->rows == 5 && b->edges == 3 && b->repeats == 1 && b->self_loops == 1);
        CU_ASSERT(b->source_nodes == 5 && b->target_nodes == 0 && b->shared == 3 && b->loners == 1);
        CU_ASSERT(b->mapped == 3 && b->joined == 3 && b->mapped_loops == 0);
        CU_ASSERT(!a->weighted && !a->typed && !a->directed);
        CU_ASSERT_STRING_EQUAL(a->source_side, "drug");
        CU_ASSERT_STRING_EQUAL(b->source_side, "gene");
    }
    CU_ASSERT(r.nodes == 7 && r.map_rows == 4 && r.map_names == 7 && r.map_ambiguous == 0);
    dn_import_report_destroy(&r);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* A layer that is added leaves what is there, and the result is that of one import. */
static void added_layers(void)
{
    dn_layer_option y[2] = {{.name = "chg", .file = test_text("chg.tsv", drug_gene)},
                            {.name = "ppi", .file = test_text("ppi.csv", gene_gene)}};
    const char *map = test_text("map.tsv", id_map);
    dn_import_options one = test_import(test_stay(test_path("at_once.h5")), y, 2),
                      o = test_import(test_stay(test_path("added.h5")), y, 1);
    dn_import_report r = {0};

    one.id_map = o.id_map = map;
    CU_ASSERT_EQUAL(dn_import(&test_comm, &one, "test", &r, NULL), DN_OK);
    dn_import_report_destroy(&r);
    CU_ASSERT_EQUAL(dn_import(&test_comm, &o, "test", &r, NULL), DN_OK);
    dn_import_report_destroy(&r);
    o.layer = &y[1];
    o.add = true;
    o.force = false;
    for (int again = 0; again <= 1; again++) {
        CU_ASSERT_EQUAL(dn_import(&test_comm, &o, "test", &r, NULL), DN_OK);
        CU_ASSERT_EQUAL(r.already, again);
        CU_ASSERT(again || (r.old_nodes == 5 && r.nodes == 7));
        dn_import_report_destroy(&r);
    }
    CU_ASSERT(same_network(one.output, o.output));
    test_loads(o.output, NULL, 7, 7, 6);
    test_loads(o.output, "chg", 5, 5, 3);
    test_loads(o.output, "ppi", 5, 4, 3);
    y[1].file = test_text("other.csv", "11,98\n");
    test_refused(&o, DN_ECANTCREAT, "layer 'ppi' exists");
    o.force = true;
    CU_ASSERT_EQUAL(dn_import(&test_comm, &o, "test", &r, NULL), DN_OK);
    dn_import_report_destroy(&r);
    test_loads(o.output, "chg", 5, 5, 3);
    test_loads(o.output, "ppi", 2, 2, 1);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Genes first, drugs later: the drugs' side comes first in the order all the same. Nodes that stand there
 * stay apart, though the map would join them. */
static void sides_in_order(void)
{
    dn_layer_option y = {.name = "ppi", .file = test_text("two.csv", "11,P1\nP1,x\n")};
    dn_import_options o = test_import(test_stay(test_path("sides.h5")), &y, 1);
    dn_import_report r = {0};
    char nodes[200];

    CU_ASSERT_EQUAL(dn_import(&test_comm, &o, "test", &r, NULL), DN_OK);
    dn_import_report_destroy(&r);
    o.add = true;
    o.force = false;
    o.id_map = test_text("map.tsv", id_map);
    y = (dn_layer_option){.name = "chg", .file = test_text("chg.tsv", drug_gene)};
    CU_ASSERT_EQUAL(dn_import(&test_comm, &o, "test", &r, NULL), DN_OK);
    CU_ASSERT_EQUAL(r.map_apart, 1);
    dn_import_report_destroy(&r);
    show_nodes(o.output, nodes, sizeof nodes);
    CU_ASSERT_STRING_EQUAL(nodes, "11/1,P1/1,x/1,DB1/0,DB2/0,P2/1,P3/1");
    test_loads(o.output, NULL, 7, 7, 5);
    y = (dn_layer_option){"back", y.file, "gene", "drug"};
    test_refused(&o, DN_EUSAGE,
                 "layer 'back' goes from side 'gene' to side 'drug', but 'drug' stands before 'gene'");
    y = (dn_layer_option){"bad", y.file, "ge/ne", "drug"};
    test_refused(&o, DN_EUSAGE, "side 'ge/ne'");
    y = (dn_layer_option){"cure", test_text("cure.csv", "DB1,asthma\n"), "drug", "disease"};
    CU_ASSERT_EQUAL(dn_import(&test_comm, &o, "test", &r, NULL), DN_OK);
    dn_import_report_destroy(&r);
    show_nodes(o.output, nodes, sizeof nodes);
    CU_ASSERT_STRING_EQUAL(nodes, "11/1,P1/1,x/1,DB1/0,DB2/0,P2/1,P3/1,asthma/2");
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static dn_status write_bare(const char *path, dn_error *err)
{
    static const int64_t source[2] = {0, 1}, target[2] = {1, 2};
    dn_status st = DN_OK;
    dn_h5 *h = NULL;
    int64_t n = 2;

    DN_TRY(dn_h5_create(&test_comm, path, DN_DATASET_SCHEMA, "test", "{}", true, &h, err));
    DN_TRY(dn_h5_set_int(h, "/nodes", "count", 4, err));
    DN_TRY(dn_h5_write_all(h, "/edges/old/source", 1, &n, source, err));
    DN_TRY(dn_h5_write_all(h, "/edges/old/target", 1, &n, target, err));
    DN_TRY(dn_h5_commit(&h, err));
out:
    dn_h5_close(&h);
    return st;
}

/* A dataset whose nodes have no ids and whose layer lists none: ids are the numbers, and it keeps its nodes.
 */
static void bare_dataset(void)
{
    dn_layer_option y = {"new", test_text("bare.txt", "2 3\n3 x\n"), "node", "node"};
    dn_import_options o = test_import(test_stay(test_path("bare.h5")), &y, 1);
    dn_import_report r = {0};
    char nodes[100];

    CU_ASSERT_EQUAL(write_bare(o.output, NULL), DN_OK);
    o.add = true;
    CU_ASSERT_EQUAL(dn_import(&test_comm, &o, "test", &r, NULL), DN_OK);
    CU_ASSERT(r.old_nodes == 4 && r.nodes == 5);
    dn_import_report_destroy(&r);
    show_nodes(o.output, nodes, sizeof nodes);
    CU_ASSERT_STRING_EQUAL(nodes, "0/0,1/0,2/0,3/0,x/0");
    test_loads(o.output, "old", 4, 3, 2);
    test_loads(o.output, "new", 3, 3, 2);
    test_loads(o.output, NULL, 5, 5, 4);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Files that declare nodes: a matrix and GraphML; only self loops; no edges at all. */
static void isolated_nodes(void)
{
    static const char matrix[] =
        "%%MatrixMarket matrix coordinate real symmetric\n5 5 3\n2 1 0.5\n2 2 9\n3 1 -1\n";
    static const char graphml[] =
        "<graphml><key id=\"w\" for=\"edge\" attr.name=\"weight\"/><graph edgedefault=\"undirected\">"
        "<node id=\"a\"/><node id=\"b\"/><node id=\"c\"/><edge source=\"c\" target=\"a\"><data "
        "key=\"w\">0</data>"
        "</edge><edge source=\"a\" target=\"c\"/></graph></graphml>";
    dn_layer_option y[4] = {
        {.name = "mtx", .file = test_text("a.mtx", matrix)},
        {.name = "xml", .file = test_text("a.graphml", graphml)},
        {.name = "loops", .file = test_text("loops.txt", "1 1\nq q\n")},
        {.name = "wide",
         .file = test_text("w.mtx", "%%MatrixMarket matrix coordinate pattern general\n2 3 1\n1 3\n")}};
    dn_import_options o = test_import(test_stay(test_path("isolated.h5")), y, 4);
    dn_import_report r = {0};

    CU_ASSERT_EQUAL(import_twice(&o, &r, NULL), DN_OK);
    if (r.layers != NULL) {
        CU_ASSERT(r.layers[0].edges == 2 && r.layers[0].self_loops == 1 && r.layers[0].loners == 2);
        CU_ASSERT(r.layers[0].negative == 1 && r.layers[0].weighted && r.layers[0].rows == 3);
        CU_ASSERT(r.layers[1].edges == 1 && r.layers[1].repeats == 1 && r.layers[1].loners == 1);
        CU_ASSERT(r.layers[1].zero == 0 && r.layers[1].weighted);
        CU_ASSERT(r.layers[2].edges == 0 && r.layers[2].self_loops == 2 && r.layers[2].source_nodes == 2);
        CU_ASSERT(r.layers[3].source_nodes == 2 && r.layers[3].target_nodes == 3 && r.layers[3].loners == 3);
    }
    dn_import_report_destroy(&r);
    test_loads(o.output, "mtx", 5, 3, 2);
    test_loads(o.output, "xml", 3, 2, 1);
    test_loads(o.output, "loops", 2, 0, 0);
    test_loads(o.output, "wide", 5, 2, 1);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- against the naive way ---- */

enum { DRUGS = 7, GENES = 9, ROWS = 400 };

typedef struct naive_edge {
    int count;
    float weight;
    bool up, down;
} naive_edge;

static const char *const types[4] = {"", "agonist", "inhibitor", "binder"};

/* One side: nodes 0 .. GENES - 1 in either order. Two sides: drugs, then genes behind them. */
static void naive_add(naive_edge table[32][32], int a, int b, float weight, int type)
{
    naive_edge *e = &table[a < b ? a : b][a < b ? b : a];

    e->weight = e->count == 0 || weight > e->weight ? weight : e->weight;
    e->count++;
    e->up = e->up || type == 1;
    e->down = e->down || type == 2;
}

/* Writes a table of random rows; two: drugs and genes. */
static const char *random_table(uint64_t seed, bool two, naive_edge table[32][32], int64_t *out_loops)
{
    static char text[ROWS * 40];
    dn_rng rng = dn_rng_stream(seed, DN_RNG_SYNTH, 5, 0);
    size_t n =
        (size_t)snprintf(text, sizeof text, "%s,weight,interaction_type\n", two ? "drug,gene" : "from,to");

    *out_loops = 0;
    for (int i = 0; i < ROWS; i++) {
        uint32_t u[4];
        int a, b, type;
        float weight;

        dn_rng_block(rng, (uint64_t)i, 0, u);
        a = (int)(u[0] % (two ? DRUGS : GENES));
        b = (int)(u[1] % GENES);
        weight = (float)(u[2] % 9) / 4 - 1;
        type = (int)(u[3] % 4);
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%d,G%d,%g,%s\n", two ? "D" : "G", a, b,
                              (double)weight, types[type]);
        if (!two && a == b)
            ++*out_loops;
        else
            naive_add(table, a, two ? DRUGS + b : b, weight, type);
    }
    return test_text(two ? "two.csv" : "one.csv", text);
}

/* Node number to the place in the naive table, from the ids. */
static int place(const dn_strings *id, int64_t node)
{
    char name[20];

    dn_strings_copy(id, node, name, sizeof name);
    return atoi(name + 1) + 100 * (name[0] == 'D');
}

static int64_t check_edges(const dn_h5 *h, bool two, naive_edge table[32][32])
{
    int64_t n = 0, m, wrong = 0, *source = read_all(h, "/edges/x/source", DN_I64, 8, &n),
            *target = read_all(h, "/edges/x/target", DN_I64, 8, &m);
    float *weight = read_all(h, "/edges/x/weight", DN_F32, 4, &m);
    int8_t *sign = read_all(h, "/edges/x/sign", DN_I8, 1, &m);
    dn_strings id = {0};

    CU_ASSERT_EQUAL(dn_h5_read_strings(h, "/nodes/id", &id, NULL), DN_OK);
    for (int64_t i = 0; i < n && weight != NULL && sign != NULL; i++) {
        int a = place(&id, source[i]), b = place(&id, target[i]);
        naive_edge *e;

        if (two) {
            wrong += a < 100 || b >= 100;
            a = a % 100;
            b = DRUGS + b;
        } else {
            wrong += source[i] >= target[i];
        }
        if (i > 0)
            wrong += source[i] < source[i - 1] || (source[i] == source[i - 1] && target[i] <= target[i - 1]);
        e = &table[a < b ? a : b][a < b ? b : a];
        wrong += e->count == 0 || e->weight != weight[i] || sign[i] != e->up - e->down;
    }
    dn_strings_destroy(&id);
    dn_free(source);
    dn_free(target);
    dn_free(weight);
    dn_free(sign);
    CU_ASSERT_EQUAL(wrong, 0);
    return n;
}

static void rows_against_the_naive_way(void)
{
    for (uint64_t seed = 0; seed < 6; seed++) {
        bool two = seed % 2 == 1;
        static naive_edge table[32][32];
        dn_layer_option y = {.name = "x"};
        dn_import_options o = test_import(test_stay(test_path("random.h5")), &y, 1);
        dn_import_report r = {0};
        dn_h5 *h = NULL;
        int64_t loops, edges = 0, both = 0, up = 0, down = 0, zero = 0, negative = 0;

        memset(table, 0, sizeof table);
        y.file = random_table(seed, two, table, &loops);
        for (int i = 0; i < 32 * 32; i++) {
            const naive_edge *e = &table[i / 32][i % 32];
            edges += e->count > 0;
            both += e->up && e->down;
            up += e->up && !e->down;
            down += e->down && !e->up;
            zero += e->count > 0 && e->weight == 0;
            negative += e->count > 0 && e->weight < 0;
        }
        CU_ASSERT_EQUAL(import_twice(&o, &r, NULL), DN_OK);
        if (r.layers != NULL) {
            const dn_layer_report *x = r.layers;
            CU_ASSERT(x->rows == ROWS && x->self_loops == loops && x->edges == edges);
            CU_ASSERT(x->repeats == ROWS - loops - edges && x->contradictory == both);
            CU_ASSERT(x->activating == up && x->inhibiting == down && x->zero == zero &&
                      x->negative == negative);
            CU_ASSERT(x->weighted && x->typed);
        }
        CU_ASSERT_EQUAL(dn_h5_open(&test_comm, o.output, DN_DATASET_SCHEMA, &h, NULL), DN_OK);
        CU_ASSERT_EQUAL(check_edges(h, two, table), edges);
        dn_h5_close(&h);
        dn_import_report_destroy(&r);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Files of few lines: ranks without any; names long and short; also without the last line end. */
static void any_number_of_lines(void)
{
    static char text[40000];
    dn_rng rng = dn_rng_stream(3, DN_RNG_SYNTH, 0, 0);

    for (int lines = 1; lines < 700; lines = lines < 6 ? lines + 1 : lines * 3) {
        dn_layer_option y = {.name = "x"};
        dn_import_options o = test_import(test_stay(test_path("lines.h5")), &y, 1);
        dn_import_report r = {0};
        size_t n = 0;

        for (int i = 0; i < lines; i++)
            n += (size_t)snprintf(text + n, sizeof text - n, "n%.*d\t%d\n",
                                  1 + (int)dn_rng_below(rng, 2 * (uint64_t)i, 30), i,
                                  (int)dn_rng_below(rng, 2 * (uint64_t)i + 1, 90));
        text[n - (size_t)(lines % 2)] = '\0';
        y.file = test_text("lines.txt", text);
        CU_ASSERT_EQUAL(import_twice(&o, &r, NULL), DN_OK);
        if (r.layers != NULL)
            CU_ASSERT(r.layers[0].rows == lines && r.layers[0].open_end == (lines % 2 == 1));
        dn_import_report_destroy(&r);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* The first row of the map decides; names that stand with another node later are counted once. */
static void ambiguous_names(void)
{
    static const char map[] = "a,b\nx,1\ny,2\nx,2\ny,1\nz,\n,3\nw,3\n";
    dn_layer_option y = {.name = "x", .file = test_text("amb.csv", "x,y\n1,w\n2,3\nx,1\nz,q\n")};
    dn_import_options o = test_import(test_stay(test_path("ambiguous.h5")), &y, 1);
    dn_import_report r = {0};
    char nodes[100];

    o.id_map = test_text("amb.map", map);
    CU_ASSERT_EQUAL(import_twice(&o, &r, NULL), DN_OK);
    show_nodes(o.output, nodes, sizeof nodes);
    CU_ASSERT_STRING_EQUAL(nodes, "x/0,y/0,w/0,z/0,q/0");
    CU_ASSERT(r.map_rows == 7 && r.map_names == 7 && r.map_ambiguous == 2);
    if (r.layers != NULL)
        CU_ASSERT(r.layers[0].self_loops == 1 && r.layers[0].mapped_loops == 1 && r.layers[0].edges == 4 &&
                  r.layers[0].mapped == 7 && r.layers[0].joined == 3);
    dn_import_report_destroy(&r);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* A first row whose words stand nowhere else is reported, for it may be a header; nothing else is. */
static void lone_first_rows(void)
{
    static const struct {
        const char *text;
        bool lone;
    } file[] = {{"kinase\tsubstrate\na\tb\nb\tc\n", true},
                {"a\tb\nb\tc\nc\td\n", false},
                {"x\ty\na\tb\nb\tx\n", false},
                {"1\t2\na\tb\nb\tc\n", false},
                {"src\tdst\na\tb\nb\tc\n", false},
                {"only\tone\n", false},
                {"same\tsame\na\tb\n", false}};

    for (size_t i = 0; i < sizeof file / sizeof file[0]; i++) {
        dn_layer_option y = {"lone", NULL, NULL, NULL};
        char name[40];
        dn_import_options o;
        dn_import_report r = {0};

        snprintf(name, sizeof name, "lone%zu.tsv", i);
        y.file = test_stay(test_text(name, file[i].text));
        snprintf(name, sizeof name, "lone%zu.h5", i);
        o = test_import(test_stay(test_path(name)), &y, 1);
        CU_ASSERT_EQUAL(import_twice(&o, &r, NULL), DN_OK);
        if (r.layers != NULL) {
            CU_ASSERT_EQUAL(r.layers[0].lone_first, file[i].lone);
            CU_ASSERT_STRING_EQUAL(r.layers[0].first[0], file[i].lone ? "kinase" : "");
            CU_ASSERT_STRING_EQUAL(r.layers[0].first[1], file[i].lone ? "substrate" : "");
        }
        dn_import_report_destroy(&r);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static const dn_test tests[] = {{"layers joined by an id map", joined_layers},
                                {"layers added to a dataset", added_layers},
                                {"sides in order", sides_in_order},
                                {"nodes without ids", bare_dataset},
                                {"isolated nodes", isolated_nodes},
                                {"rows against the naive way", rows_against_the_naive_way},
                                {"any number of lines", any_number_of_lines},
                                {"ambiguous names", ambiguous_names},
                                {"first rows that may be headers", lone_first_rows},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "ingest_network", tests);
}
