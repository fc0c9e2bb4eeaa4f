/* rings.c - bridges by depth-first search; see rings.h */
#include "solvers/chem/rings.h"

#include "solvers/base/alloc.h"

typedef struct walk {
    int32_t *first; /* [n + 1]  where the bonds of an atom start in `bond` */
    int32_t *bond;  /* [2 m] */
    int32_t *order; /* [n]  when an atom was seen, from 1; 0: not yet */
    int32_t *low;   /* [n]  the earliest atom its subtree has a bond to */
    int32_t *next;  /* [n]  the next of its bonds to follow */
    int32_t *from;  /* [n]  the bond it was reached by, -1 at a root */
    int32_t *path;  /* [n]  atoms from the root to the current one */
} walk;

static void list_bonds(int64_t n, int64_t m, const int32_t *end, walk *w)
{
    for (int64_t k = 0; k < 2 * m; k++)
        w->first[end[k] + 1]++;
    for (int64_t i = 0; i < n; i++)
        w->first[i + 1] += w->first[i];
    for (int64_t i = 0; i < n; i++)
        w->next[i] = w->first[i];
    for (int64_t k = 0; k < 2 * m; k++)
        w->bond[w->next[end[k]]++] = (int32_t)(k / 2);
    for (int64_t i = 0; i < n; i++)
        w->next[i] = w->first[i];
}

static void visit(walk *w, int32_t atom, int32_t from, int32_t when)
{
    w->order[atom] = when;
    w->low[atom] = when;
    w->from[atom] = from;
}

/* Everything that is reached from root; bonds that turn out to be bridges lose their mark. */
static int32_t search(walk *w, const int32_t *end, int32_t root, int32_t clock, bool *ring)
{
    int64_t depth = 1;

    visit(w, root, -1, ++clock);
    w->path[0] = root;
    while (depth > 0) {
        int32_t a = w->path[depth - 1];

        if (w->next[a] < w->first[a + 1]) {
            int32_t e = w->bond[w->next[a]++], b = end[2 * e] == a ? end[2 * e + 1] : end[2 * e];

            if (e == w->from[a])
                continue;
            if (w->order[b] == 0) {
                visit(w, b, e, ++clock);
                w->path[depth++] = b;
            } else if (w->order[b] < w->low[a]) {
                w->low[a] = w->order[b];
            }
        } else if (--depth > 0) {
            int32_t parent = w->path[depth - 1];

            if (w->low[a] > w->order[parent])
                ring[w->from[a]] = false;
            else if (w->low[a] < w->low[parent])
                w->low[parent] = w->low[a];
        }
    }
    return clock;
}

/* The head of the set of atoms that ring bonds join; w->from serves as the forest of the sets. */
static int32_t head(int32_t *up, int32_t a)
{
    while (up[a] != a) {
        up[a] = up[up[a]];
        a = up[a];
    }
    return a;
}

static int64_t most_fused(int64_t n, int64_t m, const int32_t *end, const bool *ring, walk *w)
{
    int32_t *up = w->from, *rings = w->low;
    int64_t most = 0;

    for (int32_t i = 0; i < n; i++) {
        up[i] = i;
        rings[i] = 0;
    }
    for (int64_t e = 0; e < m; e++)
        if (ring[e]) {
            int32_t a = head(up, end[2 * e]), b = head(up, end[2 * e + 1]);

            if (a == b) {
                rings[a]++; /* this bond closes one more ring */
            } else {
                up[b] = a;
                rings[a] += rings[b];
            }
        }
    for (int32_t i = 0; i < n; i++)
        if (up[i] == i && rings[i] > most)
            most = rings[i];
    return most;
}

dn_status dn_rings_mark(int64_t n, int64_t m, const int32_t *end, bool *out_ring, int64_t *out_fused,
                        dn_error *err)
{
    dn_status st = DN_OK;
    int32_t *room = NULL, clock = 0;
    walk w;

    DN_NEW(room, (size_t)(6 * n + 1 + 2 * m));
    w = (walk){.first = room,
               .bond = room + n + 1,
               .order = room + n + 1 + 2 * m,
               .low = room + 2 * n + 1 + 2 * m,
               .next = room + 3 * n + 1 + 2 * m,
               .from = room + 4 * n + 1 + 2 * m,
               .path = room + 5 * n + 1 + 2 * m};
    list_bonds(n, m, end, &w);
    for (int64_t e = 0; e < m; e++)
        out_ring[e] = true;
    for (int32_t i = 0; i < n; i++)
        if (w.order[i] == 0)
            clock = search(&w, end, i, clock, out_ring);
    *out_fused = most_fused(n, m, end, out_ring, &w);
out:
    dn_free(room);
    return st;
}
