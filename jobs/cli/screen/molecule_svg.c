/* molecule_svg.c - a molecule drawn with a value of every atom as its colour; see molecule_svg.h */
#include "jobs/cli/screen/molecule_svg.h"

#include <math.h>
#include <string.h>
#include "solvers/chem/elements.h"

enum { SCALE = 30, MARGIN = 40, TITLE = 46, LEGEND = 64, LEAST = 420 }; /* pixels; SCALE of a unit of xy */

typedef struct page {
    const dn_molecule *m;
    double left, top, width, height; /* of the drawing, in units of xy; top is the largest y */
    double shift;                    /* pixels that centre it */
    double most;                     /* largest magnitude */
    FILE *to;
} page;

static double px(const page *p, int64_t atom)
{
    return p->shift + MARGIN + ((double)p->m->xy[2 * atom] - p->left) * SCALE;
}

static double py(const page *p, int64_t atom)
{
    return TITLE + MARGIN + (p->top - (double)p->m->xy[2 * atom + 1]) * SCALE;
}

/* Text as XML; what XML cannot say becomes '?'. */
static void put_text(const char *text, FILE *to)
{
    for (const char *c = text; *c != '\0'; c++)
        if (*c == '&' || *c == '<' || *c == '>' || *c == '"')
            fprintf(to, "&#%d;", *c);
        else
            fputc((unsigned char)*c < 32 || (unsigned char)*c > 126 ? '?' : *c, to);
}

/* The colour of a share of the largest magnitude, -1 .. 1: from white to the ends of ColorBrewer's RdBu
 * of three, on which black can be read. */
static void put_colour(double share, FILE *to)
{
    static const double end[2][3] = {{103, 169, 207}, {239, 138, 98}};
    const double *e = end[share > 0];
    double s = fabs(share);

    fprintf(to, "#%02x%02x%02x", (unsigned)lround(255 + s * (e[0] - 255)),
            (unsigned)lround(255 + s * (e[1] - 255)), (unsigned)lround(255 + s * (e[2] - 255)));
}

static double share_of(const page *p, double value)
{
    return p->most > 0 ? value / p->most : 0;
}

/* Carbons have no text but where nothing else would show them. */
static bool has_text(const dn_molecule *m, int64_t atom)
{
    const dn_atom *a = &m->atom[atom];

    return a->number != 6 || a->degree == 0 || a->charge != 0 || a->isotope != 0;
}

static void put_discs(const page *p, const double *value)
{
    for (int64_t i = 0; i < p->m->n_atoms; i++) {
        fprintf(p->to, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"16\" fill=\"", px(p, i), py(p, i));
        put_colour(share_of(p, value[i]), p->to);
        fprintf(p->to, "\"><title>atom %lld, %s: %+.4g</title></circle>\n", (long long)(i + 1),
                dn_element_symbol(p->m->atom[i].number), value[i]);
    }
}

/* A line beside the bond, `aside` pixels to its left, leaving out what text covers. */
static void put_line(const page *p, const dn_bond *b, double aside)
{
    double x0 = px(p, b->a), y0 = py(p, b->a), x1 = px(p, b->b), y1 = py(p, b->b);
    double length = hypot(x1 - x0, y1 - y0), dx, dy;
    double start = has_text(p->m, b->a) ? 10 : 0, stop = has_text(p->m, b->b) ? 10 : 0;

    if (length <= start + stop)
        return;
    dx = (x1 - x0) / length;
    dy = (y1 - y0) / length;
    fprintf(p->to, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", x0 + dx * start + dy * aside,
            y0 + dy * start - dx * aside, x1 - dx * stop + dy * aside, y1 - dy * stop - dx * aside);
}

static void put_bonds(const page *p)
{
    fprintf(p->to, "<g stroke=\"#222222\" stroke-width=\"2\" stroke-linecap=\"round\">\n");
    for (int64_t e = 0; e < p->m->n_bonds; e++) {
        const dn_bond *b = &p->m->bond[e];

        if (b->order != 2)
            put_line(p, b, 0);
        if (b->order == 2) {
            put_line(p, b, -3);
            put_line(p, b, 3);
        }
        if (b->order == 3) {
            put_line(p, b, -5);
            put_line(p, b, 5);
        }
    }
    fprintf(p->to, "</g>\n");
}

/* Where no bond is: 0 right, 1 left, 2 below, 3 above of the atom, the emptiest, left and right before the
 * others. */
static int free_side(const page *p, int64_t atom)
{
    static const double side[4][2] = {{1, 0}, {-1, 0}, {0, 1}, {0, -1}};
    double near[4] = {-2, -2, -2, -2};
    int best = 0;

    for (int64_t e = 0; e < p->m->n_bonds; e++) {
        const dn_bond *b = &p->m->bond[e];
        int64_t other = b->a == atom ? b->b : b->a;
        double dx = px(p, other) - px(p, atom), dy = py(p, other) - py(p, atom), length = hypot(dx, dy);

        if ((b->a != atom && b->b != atom) || length == 0)
            continue;
        for (int k = 0; k < 4; k++)
            near[k] = fmax(near[k], (dx * side[k][0] + dy * side[k][1]) / length);
    }
    for (int k = 1; k < 4; k++)
        if (near[k] < near[best] - (k > 1 ? 0.5 : 0.01))
            best = k;
    return best;
}

/* "H2" beside the symbol, which is `half` pixels wide to either side. */
static void put_hydrogens(const page *p, int64_t atom, double half)
{
    int side = free_side(p, atom), n = p->m->atom[atom].hydrogens;
    double x = px(p, atom), y = py(p, atom) + 5.3;
    const char *anchor = side == 0 ? "start" : side == 1 ? "end" : "middle";

    x += side == 0 ? half : side == 1 ? -half : 0;
    y += side == 2 ? 14 : side == 3 ? -14 : 0;
    fprintf(p->to, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">H", x, y, anchor);
    if (n > 1)
        fprintf(p->to, "<tspan font-size=\"10\" dy=\"3\">%d</tspan>", n);
    fprintf(p->to, "</text>\n");
}

/* Charge at the upper right, isotope at the upper left. */
static void put_marks(const page *p, int64_t atom, double half)
{
    const dn_atom *a = &p->m->atom[atom];
    double x = px(p, atom), y = py(p, atom) - 3;

    if (a->isotope > 0)
        fprintf(p->to, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"10\" text-anchor=\"end\">%d</text>\n",
                x - half, y, a->isotope);
    if (a->charge == 0)
        return;
    fprintf(p->to, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"12\">", x + half, y);
    if (a->charge > 1 || a->charge < -1)
        fprintf(p->to, "%d", a->charge > 0 ? a->charge : -a->charge);
    fprintf(p->to, "%s</text>\n", a->charge > 0 ? "+" : "&#8722;");
}

static void put_symbols(const page *p)
{
    fprintf(p->to, "<g font-family=\"Helvetica,Arial,sans-serif\" font-size=\"15\" fill=\"#000000\">\n");
    for (int64_t i = 0; i < p->m->n_atoms; i++) {
        const char *symbol = dn_element_symbol(p->m->atom[i].number);
        double half = symbol[1] == '\0' ? 6 : 9;

        if (!has_text(p->m, i))
            continue;
        fprintf(p->to, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%s</text>\n", px(p, i),
                py(p, i) + 5.3, symbol);
        if (p->m->atom[i].hydrogens > 0)
            put_hydrogens(p, i, half);
        put_marks(p, i, half);
    }
    fprintf(p->to, "</g>\n");
}

static void put_legend(const page *p, double width, double y)
{
    double left = width / 2 - 120;

    fprintf(p->to, "<defs><linearGradient id=\"scale\"><stop offset=\"0\" stop-color=\"");
    put_colour(-1, p->to);
    fprintf(p->to, "\"/><stop offset=\"0.5\" stop-color=\"#ffffff\"/><stop offset=\"1\" stop-color=\"");
    put_colour(1, p->to);
    fprintf(p->to,
            "\"/></linearGradient></defs>\n<rect x=\"%.1f\" y=\"%.1f\" width=\"240\" height=\"10\" "
            "fill=\"url(#scale)\" stroke=\"#888888\"/>\n",
            left, y);
    fprintf(p->to, "<g font-family=\"Helvetica,Arial,sans-serif\" font-size=\"11\" fill=\"#000000\" "
                   "text-anchor=\"middle\">\n");
    fprintf(p->to,
            "<text x=\"%.1f\" y=\"%.1f\">%.3g</text>\n<text x=\"%.1f\" y=\"%.1f\">0</text>\n"
            "<text x=\"%.1f\" y=\"%.1f\">%+.3g</text>\n<text x=\"%.1f\" y=\"%.1f\">inhibition</text>\n"
            "<text x=\"%.1f\" y=\"%.1f\">activation</text>\n"
            "<text x=\"%.1f\" y=\"%.1f\">contribution of an atom to the logit</text>\n</g>\n",
            left, y + 24, -p->most, left + 120, y + 24, left + 240, y + 24, p->most, left + 60, y + 24,
            left + 180, y + 24, left + 120, y + 40);
}

static void measure(page *p, const double *value)
{
    double right = (double)p->m->xy[0], bottom = (double)p->m->xy[1];

    p->left = right;
    p->top = bottom;
    for (int64_t i = 0; i < p->m->n_atoms; i++) {
        double x = (double)p->m->xy[2 * i], y = (double)p->m->xy[2 * i + 1];

        p->left = fmin(p->left, x);
        right = fmax(right, x);
        p->top = fmax(p->top, y);
        bottom = fmin(bottom, y);
        p->most = fmax(p->most, fabs(value[i]));
    }
    p->width = right - p->left;
    p->height = p->top - bottom;
}

/* A line in the middle; a letter is at most about 0.6 of the font wide on average. */
static void put_line_of_text(const char *text, int font, double x, double y, FILE *to)
{
    fprintf(to,
            "<text x=\"%.1f\" y=\"%.0f\" font-family=\"Helvetica,Arial,sans-serif\" font-size=\"%d\" "
            "text-anchor=\"middle\">",
            x, y, font);
    put_text(text, to);
    fprintf(to, "</text>\n");
}

static double width_of(const char *text, int font)
{
    return 0.6 * font * (double)strlen(text) + 2 * font;
}

void dn_molecule_svg(const dn_molecule *m, const double *value, const char *title, const char *note, FILE *to)
{
    enum { FONT = 13, SMALL = 11 };
    page p = {.m = m, .to = to};
    double width, height, least = fmax(LEAST, fmax(width_of(title, FONT), width_of(note, SMALL)));

    measure(&p, value);
    width = p.width * SCALE + 2 * MARGIN;
    height = p.height * SCALE + 2 * MARGIN + TITLE + LEGEND;
    if (width < least) {
        p.shift = (least - width) / 2;
        width = least;
    }
    fprintf(to,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" "
            "version=\"1.1\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\">\n<title>",
            width, height, width, height);
    put_text(title, to);
    fprintf(to, "</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n");
    put_line_of_text(title, FONT, width / 2, 24, to);
    put_line_of_text(note, SMALL, width / 2, 42, to);
    put_discs(&p, value);
    put_bonds(&p);
    put_symbols(&p);
    put_legend(&p, width, height - LEGEND + 12);
    fprintf(to, "</svg>\n");
}
