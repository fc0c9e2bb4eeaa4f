/* graphml.c - tests of solvers/formats/graphml.h */
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/formats/graphml.h"

#define HEAD                                                \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<graphml " \
    "xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n"

/* "id,id;a b weight;..." */
static void show(const dn_graphml *g, char *buf, size_t cap)
{
    size_t n = 0;
    char a[60], b[60];

    buf[0] = '\0';
    for (int64_t i = 0; i < g->id.n; i++)
        n += (size_t)snprintf(buf + n, cap - n, "%s%s", dn_strings_copy(&g->id, i, a, sizeof a),
                              i + 1 < g->id.n ? "," : ";");
    for (int64_t i = 0; i < g->edges; i++)
        n +=
            (size_t)snprintf(buf + n, cap - n, "%s %s %g;", dn_strings_copy(&g->id, g->edge[i].source, a, 60),
                             dn_strings_copy(&g->id, g->edge[i].target, b, 60), (double)g->edge[i].weight);
}

static void check(const char *text, const char *want, bool weighted, bool directed)
{
    dn_graphml g = {0};
    dn_error err = DN_ERROR_INIT;
    char buf[400];
    dn_status st = dn_graphml_memory("f", text, strlen(text), &g, &err);

    CU_ASSERT_EQUAL(st, DN_OK);
    show(&g, buf, sizeof buf);
    if (st != DN_OK || strcmp(buf, want) != 0)
        fprintf(stderr, "# got '%s' (%s), wanted '%s'\n", buf, err.text, want);
    CU_ASSERT_STRING_EQUAL(buf, want);
    CU_ASSERT_EQUAL(g.weighted, weighted);
    CU_ASSERT_EQUAL(g.directed, directed);
    dn_graphml_destroy(&g);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void broken(const char *text, const char *want)
{
    dn_graphml g = {0};
    dn_error err = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(dn_graphml_memory("f", text, strlen(text), &g, &err), DN_EDATA);
    CU_ASSERT(test_says(&err, want));
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void plain(void)
{
    check(HEAD "<graph edgedefault=\"undirected\"><node id=\"a\"/><node id=\"b\"/><node id=\"c\"/>"
               "<edge source=\"c\" target=\"a\"/><edge source=\"b\" target=\"b\"/></graph></graphml>",
          "a,b,c;c a 1;b b 1;", false, false);
    check(HEAD
          "<graph edgedefault=\"directed\"><edge source=\"b\" target=\"a\"/><node id=\"a\"/><node id=\"b\"/>"
          "</graph></graphml>",
          "b,a;b a 1;", false, true); /* edges may come first: nodes are those of first mention */
    check(
        HEAD
        "<graph edgedefault=\"undirected\"><node id=\"a\"><graph edgedefault=\"undirected\"><node id=\"b\"/>"
        "</graph></node><edge source=\"a\" target=\"b\" directed=\"true\"/></graph></graphml>",
        "a,b;a b 1;", false, true);
    check(HEAD "<graph/></graphml>", "", false, false);
    check("<g:graphml xmlns:g=\"x\"><g:graph><g:node id=\"&lt;&amp;\"/></g:graph></g:graphml>", "<&;", false,
          false);
}

static void keys(void)
{
    check(
        HEAD
        "<key id=\"d0\" for=\"node\" attr.name=\"name\" attr.type=\"string\"/>"
        "<key id=\"d1\" for=\"edge\" attr.name=\"weight\" attr.type=\"double\"><default> 2 </default></key>"
        "<key id=\"d2\" for=\"edge\" attr.name=\"colour\"/>"
        "<graph><node id=\"n0\"><data key=\"d0\">TP53</data></node><node id=\"n1\"><data key=\"d0\">\n MDM2 "
        "</data></node><edge source=\"n0\" target=\"n1\"><data key=\"d2\">red</data><data "
        "key=\"d1\">-0.25</data></edge><edge source=\"n1\" target=\"n0\"/></graph></graphml>",
        "TP53,MDM2;TP53 MDM2 -0.25;MDM2 TP53 2;", true, false);
    /* elements inside each other where they make no sense */
    check(
        "<graphml><key id=\"w\" for=\"edge\" attr.name=\"weight\"><default>2<key/></default></key></graphml>",
        "", true, false);
    check("<graphml><key id=\"n\" for=\"node\" attr.name=\"name\"/><graph><node id=\"a\"><data "
          "key=\"n\">x<node id=\"b\"/>"
          "</data></node></graph></graphml>",
          "a,b;", false, false);
    /* two nodes of one name: the ids of the elements */
    check(HEAD
          "<key id=\"d0\" for=\"node\" attr.name=\"name\"/><graph><node id=\"n0\"><data key=\"d0\">x</data>"
          "</node><node id=\"n1\"><data key=\"d0\">x</data></node></graph></graphml>",
          "n0,n1;", false, false);
    /* a weight of a node is none of an edge */
    check(HEAD
          "<key id=\"w\" for=\"node\" attr.name=\"weight\"/><graph><node id=\"a\"><data key=\"w\">bad</data>"
          "</node></graph></graphml>",
          "a;", false, false);
}

static void bad_files(void)
{
    broken("<html></html>", "f:1: is XML, but not GraphML: its root is 'html'");
    broken(HEAD "<graph><node id=\"a\"/>", "the file ends before its last element is closed");
    broken(HEAD "<graph>\n<node id=\"a\"/></grph></graphml>", "f:4: mismatched tag");
    broken(HEAD "<graph>\n<node/></graph></graphml>", "f:4: a node without an id");
    broken(HEAD "<graph><node id=\"a\"/>\n<node id=\"a\"/></graph></graphml>",
           "f:4: node 'a' is declared twice");
    broken(HEAD "<graph><node id=\"a\"/>\n<edge source=\"a\" target=\"z\"/></graph></graphml>",
           "f:4: an edge names node 'z', which the file does not declare");
    broken(HEAD "<graph><node id=\"a\"/><edge source=\"a\"/></graph></graphml>", "a node without an id");
    broken(HEAD "<graph><hyperedge/></graph></graphml>", "f:3: a hyperedge");
    for (int i = 0; i < 3; i++) {
        static const char *const weights[] = {"nan", "x", "1e99"};
        static const char *const words[] = {"weight 'nan' is not finite", "weight 'x' is not a number",
                                            "weight '1e99' is not finite or too large"};
        char text[600];

        snprintf(text, sizeof text,
                 HEAD
                 "<key id=\"w\" for=\"edge\" attr.name=\"weight\"/><graph><node id=\"a\"/><node id=\"b\"/>"
                 "<edge source=\"a\" target=\"b\"><data key=\"w\">%s</data></edge></graph></graphml>",
                 weights[i]);
        broken(text, words[i]);
    }
}

static void refused_memory(void)
{
    static const char text[] = HEAD
        "<key id=\"d0\" for=\"node\" attr.name=\"name\"/><key id=\"d1\" for=\"edge\" attr.name=\"weight\"/>"
        "<graph><node id=\"n0\"><data key=\"d0\">x</data></node><node id=\"n1\"><data "
        "key=\"d0\">y</data></node>"
        "<edge source=\"n0\" target=\"n1\"><data key=\"d1\">3</data></edge></graph></graphml>";
    dn_status st = DN_ENOMEM;

    for (long k = 0; st != DN_OK && k < 200; k++) {
        dn_graphml g = {0};

        dn_alloc_fail_after(k);
        st = dn_graphml_memory("f", text, sizeof text - 1, &g, NULL);
        dn_alloc_fail_after(-1);
        CU_ASSERT(st == DN_OK || st == DN_ENOMEM);
        dn_graphml_destroy(&g);
        CU_ASSERT_EQUAL(dn_alloc_live(), 0);
    }
    CU_ASSERT_EQUAL(st, DN_OK);
}

static const dn_test tests[] = {{"nodes and edges", plain},
                                {"names and weights", keys},
                                {"bad files", bad_files},
                                {"refused memory", refused_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "graphml", tests);
}
