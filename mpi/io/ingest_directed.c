/* ingest_directed.c - regulations and connections to pairs of four classes; see import.h and ingest_pairs.h
 *
 * The rows of a file, and behind them the pairs of the connections, go to the owners of their lower genes,
 * which settle what becomes of each. What is kept is then divided evenly over the ranks, in the order of the
 * file.
 */
#include "mpi/io/ingest_pairs.h"

#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/core/partition.h"
#include "mpi/io/share.h"
#include "solvers/base/alloc.h"

/* Labels of rows on their way: a regulates b, or it does not; not connected, connected. */
enum { NONE, REGULATES, APART, CONNECTED };

enum { CLASS_NONE, CLASS_CONNECTION, CLASS_A_REGULATES_B, CLASS_B_REGULATES_A };

/* ---- what becomes of the rows of two genes ---- */

/* What is said of two genes: bit 0 lower to higher, bit 1 the other way. */
typedef struct claims {
    int yes, no;
    bool connection;
} claims;

static claims claims_of(const dn_pair_entry *e, int64_t n)
{
    claims c = {0};

    for (int64_t i = 0; i < n; i++) {
        int bit = e[i].flipped ? 2 : 1;
        if (e[i].label == REGULATES)
            c.yes |= bit;
        else if (e[i].label == NONE)
            c.no |= bit;
        else
            c.connection = true;
    }
    return c;
}

/* Rows of two genes, the connection behind the others. */
static void settle_four(const dn_pair_entry *e, int64_t n, uint8_t *verdict)
{
    claims c = claims_of(e, n);
    bool mutual = c.yes == 3, contradictory = (c.yes & c.no) != 0, first = true;
    int seen = 0;

    for (int64_t i = 0; i < n; i++) {
        int bit = (e[i].flipped ? 2 : 1) << (e[i].label == NONE ? 2 : 0);
        uint8_t *v = &verdict[e[i].at];

        if (e[i].label == APART || e[i].label == CONNECTED) {
            *v = c.yes != 0 ? DN_ROW_REGULATED : DN_ROW_KEEP;
            continue;
        }
        if ((seen & bit) != 0)
            *v = DN_ROW_REPEAT;
        else if (mutual)
            *v = e[i].label == REGULATES ? DN_ROW_MUTUAL : DN_ROW_REPEAT;
        else if (contradictory)
            *v = first ? DN_ROW_TWO_LABELS : DN_ROW_OTHER_LABEL;
        else if (e[i].label == REGULATES)
            *v = DN_ROW_KEEP;
        else /* 0 of a pair that is a regulation the other way or a connection says less than those */
            *v = c.yes != 0 || c.connection || (seen >> 2) != 0 ? DN_ROW_REPEAT : DN_ROW_KEEP;
        seen |= bit;
        first = false;
    }
}

/* The same without directions: a pair is regulated when one regulates the other. */
static void settle_two(const dn_pair_entry *e, int64_t n, uint8_t *verdict)
{
    claims c = claims_of(e, n);
    bool contradictory = (c.yes & c.no) != 0, kept = false;

    for (int64_t i = 0; i < n; i++) {
        uint8_t *v = &verdict[e[i].at];
        if (contradictory)
            *v = i == 0 ? DN_ROW_TWO_LABELS : DN_ROW_OTHER_LABEL;
        else if (kept || (e[i].label == NONE && c.yes != 0))
            *v = DN_ROW_REPEAT;
        else
            *v = DN_ROW_KEEP;
        kept = kept || *v == DN_ROW_KEEP;
    }
}

/* ---- which gene stands first ---- */

/* A hash of the ids of two genes, the same in either order (SplitMix64's finisher over FNV). */
static bool keeps_order(const dn_gene_table *t, int64_t a, int64_t b)
{
    size_t n[2];
    const char *id[2] = {dn_gene_table_id(t, t->row_of_gene[a], &n[0]),
                         dn_gene_table_id(t, t->row_of_gene[b], &n[1])};
    int order = memcmp(id[0], id[1], n[0] < n[1] ? n[0] : n[1]);
    bool rising = order != 0 ? order < 0 : n[0] != n[1] ? n[0] < n[1] : a < b;
    uint64_t h = dn_hash(id[!rising], n[!rising]) * 0x9e3779b97f4a7c15u + dn_hash(id[rising], n[rising]);

    h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9u;
    h = (h ^ h >> 27) * 0x94d049bb133111ebu;
    h ^= h >> 31;
    return rising == (h >> 63 != 0);
}

/* ---- what is kept, evenly over the ranks ---- */

/* A pair on its way to where it is written. */
typedef struct placed {
    int64_t at, a, b, label;
} placed;

/* The class and the order of a row that is kept. */
static placed place(const dn_gene_table *t, const dn_pair *p, bool undirected, int64_t at)
{
    placed q = {at, p->a, p->b, p->label};

    if (undirected)
        return q;
    q.label = p->label == REGULATES   ? CLASS_A_REGULATES_B
              : p->label == CONNECTED ? CLASS_CONNECTION
                                      : CLASS_NONE;
    if (!keeps_order(t, p->a, p->b)) {
        q.a = p->b;
        q.b = p->a;
        if (q.label == CLASS_A_REGULATES_B)
            q.label = CLASS_B_REGULATES_A;
    }
    return q;
}

/* out [kept here]: the rows of the file number on from own, those of the connections from joined. send_count
 * [size]. The rows of a rank rise in `at` within either kind, so they are grouped by counting. */
static dn_status place_all(const dn_comm *comm, const dn_gene_table *t, const dn_pair_part *p,
                           const uint8_t *verdict, bool undirected, const int64_t next_at[2], int64_t total,
                           int64_t *send_count, placed **out, dn_error *err)
{
    dn_status st = DN_OK;
    placed *sorted = NULL;
    int64_t *next = NULL; /* [size] */
    int64_t at[2], kept = 0;

    DN_NEW(next, (size_t)comm->size);
    for (int pass = 0; pass < 2; pass++) {
        memcpy(at, next_at, sizeof at);
        for (int64_t i = 0; i < p->n; i++) {
            int64_t k;
            int to;
            if (verdict[i] != DN_ROW_KEEP)
                continue;
            k = at[p->pair[i].label >= APART]++;
            to = (int)dn_block_of(total, k, comm->size);
            if (pass == 0)
                send_count[to]++;
            else
                sorted[next[to]++] = place(t, &p->pair[i], undirected, k);
        }
        if (pass == 1)
            break;
        for (int r = 0; r < comm->size; r++) {
            next[r] = kept;
            kept += send_count[r];
        }
        DN_NEW(sorted, (size_t)kept);
    }
    *out = sorted;
    sorted = NULL;
out:
    dn_free(sorted);
    dn_free(next);
    return st;
}

static dn_status share_out(const dn_comm *comm, const dn_gene_table *t, const dn_pair_part *p,
                           const uint8_t *verdict, bool undirected, dn_pair_columns *out, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t kept[2] = {0}, before[2], total, n = 0;
    int64_t *counts = NULL; /* [2, size] */
    placed *mine = NULL;
    void *received = NULL;
    dn_range here;
    size_t ranks = (size_t)comm->size;

    for (int64_t i = 0; i < p->n; i++)
        kept[p->pair[i].label >= APART] += verdict[i] == DN_ROW_KEEP;
    before[0] = dn_before(comm, kept[0]);
    before[1] = dn_before(comm, kept[1]) + dn_sum(comm, kept[0]);
    total = dn_sum(comm, kept[0] + kept[1]);
    here = dn_block(total, comm->rank, comm->size);
    counts = dn_calloc(2 * ranks, sizeof *counts);
    if (counts == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory for %d ranks", comm->size);
    DN_PASS(place_all(comm, t, p, verdict, undirected, before, total, counts, &mine, err));
    DN_PASS(dn_pair_columns_create(here.end - here.begin, out, err));
    DN_AGREE(comm);
    DN_TRY(dn_exchange(comm, sizeof *mine, counts, mine, &received, counts + ranks, err));
    for (size_t r = 0; r < ranks; r++)
        n += counts[ranks + r];
    for (int64_t i = 0; i < n; i++) {
        const placed *q = (const placed *)received + i;
        out->a[q->at - here.begin] = q->a;
        out->b[q->at - here.begin] = q->b;
        out->label[q->at - here.begin] = (uint8_t)q->label;
    }
    out->n = n;
out:
    dn_free(counts);
    dn_free(mine);
    dn_free(received);
    return st;
}

/* ---- all of it ---- */

/* The rows of the file, then those of the connections. */
static dn_status join(const dn_pair_part *p, const dn_pair_columns *connections, int64_t rows, int64_t before,
                      dn_pair_part *out, uint8_t **out_verdict, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t more = connections != NULL ? connections->n : 0;

    DN_NEW(out->pair, (size_t)(p->n + more));
    DN_NEW(*out_verdict, (size_t)(p->n + more));
    if (p->n > 0)
        memcpy(out->pair, p->pair, (size_t)p->n * sizeof *p->pair);
    for (int64_t i = 0; i < more; i++)
        out->pair[p->n + i] = (dn_pair){connections->a[i], connections->b[i],
                                        connections->label[i] != 0 ? CONNECTED : APART, rows + before + i};
    out->n = p->n + more;
out:
    return st;
}

static void count(const dn_pair_part *p, const uint8_t *verdict, const dn_pair_columns *kept, int64_t sums[9])
{
    for (int64_t i = 0; i < p->n; i++) {
        sums[0] += verdict[i] == DN_ROW_REPEAT || verdict[i] == DN_ROW_OTHER_LABEL;
        sums[1] += verdict[i] == DN_ROW_TWO_LABELS;
        sums[2] += verdict[i] == DN_ROW_MUTUAL;
        sums[3] += verdict[i] == DN_ROW_REGULATED;
        sums[4] += p->pair[i].label >= APART;
    }
    for (int64_t i = 0; i < kept->n; i++)
        sums[5 + kept->label[i]]++;
}

dn_status dn_regulations_settle(const dn_comm *comm, const dn_gene_table *t, const dn_pair_part *p,
                                bool undirected, const dn_pair_columns *connections, dn_pair_columns *out,
                                dn_pairs_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    dn_pair_part all = {0};
    dn_pair_columns kept = {0};
    uint8_t *verdict = NULL; /* [all.n] */
    int64_t sums[9] = {0}, rows = dn_sum(comm, p->rows);
    int64_t before = dn_before(comm, connections != NULL ? connections->n : 0);

    DN_PASS(join(p, connections, rows, before, &all, &verdict, err));
    DN_AGREE(comm);
    DN_TRY(dn_pairs_settle_by(comm, t->genes, &all, undirected ? settle_two : settle_four, verdict, err));
    DN_TRY(share_out(comm, t, &all, verdict, undirected, &kept, err));
    count(&all, verdict, &kept, sums);
    MPI_Allreduce(MPI_IN_PLACE, sums, 9, MPI_INT64_T, MPI_SUM, comm->mpi);
    report->repeats = sums[0];
    report->two_labels = sums[1];
    report->mutual = sums[2];
    report->regulated = sums[3];
    report->joined = sums[4];
    report->kept = 0;
    for (int c = 0; c < 4; c++) {
        report->of_class[c] = sums[5 + c];
        report->kept += sums[5 + c];
    }
    report->positive = report->kept - report->of_class[0];
    report->directed = !undirected;
    *out = kept;
    kept = (dn_pair_columns){0};
out:
    dn_free(all.pair);
    dn_free(verdict);
    dn_pair_columns_destroy(&kept);
    return st;
}
