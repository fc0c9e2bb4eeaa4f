/* graphml.c - nodes and edges of a GraphML file, by expat's events; see graphml.h */
#include "solvers/formats/graphml.h"

#include <expat.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/formats/source.h"

enum { BLOCK = 1 << 16 };

/* What a key means to us. */
enum { NOTHING, NODE_NAME, NODE_ID, EDGE_WEIGHT };

/* What is known of a node besides its id. */
typedef struct node {
    int64_t label[2]; /* 1 + index into label, of data "name" and "id"; 0: none */
    int64_t line;     /* of its first mention */
    bool declared;
} node;

typedef struct parse {
    const char *name; /* of the file */
    XML_Parser parser;
    dn_status st;
    dn_error *err;
    dn_graphml g;     /* g.id: ids of the elements */
    dn_names *number; /* id of an element to its node */
    dn_names *key;    /* id of a key to its meaning */
    dn_strings label;
    node *node; /* [g.id.n] */
    size_t node_cap;
    int32_t *open; /* [depth]  nodes that are not closed yet, a stack */
    size_t open_cap;
    int64_t depth;
    bool in_edge, in_key, any;
    bool default_directed;
    float default_weight;
    int reading; /* meaning of the data that is open, or NOTHING */
    int64_t of;  /* the edge or node that it belongs to; -1: the default of the key */
    char *text;  /* [len]  its text so far */
    size_t len, text_cap;
    int key_meaning; /* of the key that is open */
} parse;

void dn_graphml_destroy(dn_graphml *g)
{
    dn_strings_destroy(&g->id);
    dn_free(g->edge);
    *g = (dn_graphml){0};
}

static long long line_of(const parse *p)
{
    return (long long)XML_GetCurrentLineNumber(p->parser);
}

static const char *attribute(const char **atts, const char *name)
{
    for (; atts[0] != NULL; atts += 2)
        if (strcmp(atts[0], name) == 0)
            return atts[1];
    return NULL;
}

/* The name of an element without the prefix of its namespace. */
static const char *local(const char *element)
{
    const char *colon = strrchr(element, ':');

    return colon != NULL ? colon + 1 : element;
}

/* ---- elements ---- */

static dn_status node_of(parse *p, const char *id, int32_t *out, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t n = p->g.id.n, at;

    if (id == NULL || id[0] == '\0')
        DN_FAIL(DN_EDATA, "%s:%lld: a node without an id", p->name, line_of(p));
    if (n >= INT32_MAX)
        DN_FAIL(DN_EDATA, "%s:%lld: more than 2^31 - 1 nodes", p->name, line_of(p));
    DN_TRY(dn_grow((void **)&p->node, &p->node_cap, (size_t)n + 1, sizeof *p->node, err));
    DN_TRY(dn_names_add(p->number, id, strlen(id), n, &at, err));
    if (at == n) {
        p->node[n] = (node){.line = line_of(p)};
        DN_TRY(dn_strings_add(&p->g.id, id, strlen(id), err));
    }
    *out = (int32_t)at;
out:
    return st;
}

static dn_status begin_node(parse *p, const char **atts, dn_error *err)
{
    dn_status st = DN_OK;
    const char *id = attribute(atts, "id");
    int32_t at;

    DN_TRY(node_of(p, id, &at, err));
    if (p->node[at].declared)
        DN_FAIL(DN_EDATA, "%s:%lld: node '%.60s' is declared twice", p->name, line_of(p), id);
    p->node[at].declared = true;
    DN_TRY(dn_grow((void **)&p->open, &p->open_cap, (size_t)p->depth + 1, sizeof *p->open, err));
    p->open[p->depth++] = at;
out:
    return st;
}

static dn_status begin_edge(parse *p, const char **atts, dn_error *err)
{
    dn_status st = DN_OK;
    dn_graphml_edge e = {.weight = NAN};
    const char *directed = attribute(atts, "directed");

    DN_TRY(node_of(p, attribute(atts, "source"), &e.source, err));
    DN_TRY(node_of(p, attribute(atts, "target"), &e.target, err));
    if (directed != NULL ? strcmp(directed, "true") == 0 : p->default_directed)
        p->g.directed = true;
    DN_TRY(dn_grow((void **)&p->g.edge, &p->g.edge_cap, (size_t)p->g.edges + 1, sizeof e, err));
    p->g.edge[p->g.edges++] = e;
    p->in_edge = true;
out:
    return st;
}

static dn_status begin_key(parse *p, const char **atts, dn_error *err)
{
    dn_status st = DN_OK;
    const char *id = attribute(atts, "id"), *name = attribute(atts, "attr.name"),
               *of = attribute(atts, "for");
    bool nodes = of == NULL || strcmp(of, "node") == 0 || strcmp(of, "all") == 0;
    bool edges = of == NULL || strcmp(of, "edge") == 0 || strcmp(of, "all") == 0;
    int64_t got;

    p->in_key = true;
    p->key_meaning = NOTHING;
    if (id == NULL || name == NULL)
        goto out;
    if (nodes && strcmp(name, "name") == 0)
        p->key_meaning = NODE_NAME;
    else if (nodes && strcmp(name, "id") == 0)
        p->key_meaning = NODE_ID;
    else if (edges && strcmp(name, "weight") == 0)
        p->key_meaning = EDGE_WEIGHT;
    DN_TRY(dn_names_add(p->key, id, strlen(id), p->key_meaning, &got, err));
out:
    return st;
}

static void begin_data(parse *p, const char **atts)
{
    const char *key = attribute(atts, "key");
    int64_t meaning = key != NULL ? dn_names_find(p->key, key, strlen(key)) : -1;
    bool fits = meaning == EDGE_WEIGHT ? p->in_edge : p->depth > 0 && !p->in_edge;

    p->reading = meaning > 0 && fits ? (int)meaning : NOTHING;
    p->len = 0;
    if (p->reading != NOTHING)
        p->of = meaning == EDGE_WEIGHT ? p->g.edges - 1 : p->open[p->depth - 1];
}

static dn_status begin(parse *p, const char *element, const char **atts, dn_error *err)
{
    dn_status st = DN_OK;
    const char *directed;

    if (!p->any && strcmp(element, "graphml") != 0)
        DN_FAIL(DN_EDATA, "%s:%lld: is XML, but not GraphML: its root is '%.40s'", p->name, line_of(p),
                element);
    p->any = true;
    if (strcmp(element, "node") == 0) {
        DN_TRY(begin_node(p, atts, err));
    } else if (strcmp(element, "edge") == 0) {
        DN_TRY(begin_edge(p, atts, err));
    } else if (strcmp(element, "key") == 0) {
        DN_TRY(begin_key(p, atts, err));
    } else if (strcmp(element, "data") == 0) {
        begin_data(p, atts);
    } else if (strcmp(element, "default") == 0 && p->in_key) {
        p->reading = p->key_meaning == EDGE_WEIGHT ? EDGE_WEIGHT : NOTHING;
        p->len = 0;
        p->of = -1;
    } else if (strcmp(element, "graph") == 0) {
        directed = attribute(atts, "edgedefault");
        p->default_directed = directed != NULL && strcmp(directed, "directed") == 0;
    } else if (strcmp(element, "hyperedge") == 0) {
        DN_FAIL(DN_EDATA, "%s:%lld: a hyperedge; only edges of two nodes can be read", p->name, line_of(p));
    }
out:
    return st;
}

/* ---- data ---- */

static dn_status weight_of(const parse *p, const char *text, size_t len, float *out, dn_error *err)
{
    dn_status st = DN_OK;
    double v;

    if (!dn_parse_double(text, len, &v))
        DN_FAIL(DN_EDATA, "%s:%lld: weight '%.*s' is not a number", p->name, line_of(p),
                (int)(len < 60 ? len : 60), text);
    if (!isfinite(v) || fabs(v) > (double)FLT_MAX)
        DN_FAIL(DN_EDATA, "%s:%lld: weight '%.*s' is not finite or too large", p->name, line_of(p),
                (int)(len < 60 ? len : 60), text);
    *out = (float)v;
    if (*out == 0) /* no -0 */
        *out = 0.0f;
out:
    return st;
}

static dn_status end_data(parse *p, dn_error *err)
{
    dn_status st = DN_OK;
    const char *text = p->text;
    size_t len = p->len;
    int meaning = p->reading;

    p->reading = NOTHING;
    while (len > 0 && strchr(" \t\r\n", text[0]) != NULL) {
        text++;
        len--;
    }
    while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
        len--;
    if (meaning == EDGE_WEIGHT) {
        p->g.weighted = true;
        DN_TRY(weight_of(p, text, len, p->of < 0 ? &p->default_weight : &p->g.edge[p->of].weight, err));
    } else if (len > 0) {
        DN_TRY(dn_strings_add(&p->label, text, len, err));
        p->node[p->of].label[meaning == NODE_ID] = p->label.n;
    }
out:
    return st;
}

static dn_status end(parse *p, const char *element, dn_error *err)
{
    dn_status st = DN_OK;

    if (p->reading != NOTHING && (strcmp(element, "data") == 0 || strcmp(element, "default") == 0))
        DN_TRY(end_data(p, err));
    if (strcmp(element, "node") == 0)
        p->depth--;
    else if (strcmp(element, "edge") == 0)
        p->in_edge = false;
    else if (strcmp(element, "key") == 0)
        p->in_key = false;
out:
    return st;
}

static dn_status more_text(parse *p, const char *text, size_t len, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_grow((void **)&p->text, &p->text_cap, p->len + len, 1, err));
    memcpy(p->text + p->len, text, len);
    p->len += len;
out:
    return st;
}

/* ---- expat's side ---- */

static void stop_if_bad(parse *p)
{
    if (p->st != DN_OK)
        XML_StopParser(p->parser, XML_FALSE);
}

static void XMLCALL on_begin(void *user, const XML_Char *element, const XML_Char **atts)
{
    parse *p = user;

    if (p->st == DN_OK)
        p->st = begin(p, local(element), atts, p->err);
    stop_if_bad(p);
}

static void XMLCALL on_end(void *user, const XML_Char *element)
{
    parse *p = user;

    if (p->st == DN_OK)
        p->st = end(p, local(element), p->err);
    stop_if_bad(p);
}

static void XMLCALL on_text(void *user, const XML_Char *text, int len)
{
    parse *p = user;

    if (p->st == DN_OK && p->reading != NOTHING)
        p->st = more_text(p, text, (size_t)len, p->err);
    stop_if_bad(p);
}

static dn_status parse_source(parse *p, dn_source *s, dn_error *err)
{
    dn_status st = DN_OK;
    char *buf = NULL;
    size_t got = 1;

    DN_NEW(buf, BLOCK);
    while (got > 0) {
        DN_TRY(dn_source_read(s, buf, BLOCK, &got, err));
        if (XML_Parse(p->parser, buf, (int)got, got == 0) == XML_STATUS_ERROR) {
            enum XML_Error code = XML_GetErrorCode(p->parser);
            DN_TRY(p->st);
            if (code == XML_ERROR_NO_MEMORY)
                DN_FAIL(DN_ENOMEM, "%s: out of memory in expat", p->name);
            DN_FAIL(DN_EDATA, "%s:%lld: %s%s", p->name, line_of(p), XML_ErrorString(code),
                    got == 0 ? ": the file ends before its last element is closed" : "");
        }
    }
out:
    dn_free(buf);
    return st;
}

/* ---- when all is read ---- */

static dn_status check_declared(const parse *p, dn_error *err)
{
    dn_status st = DN_OK;
    char id[64];

    for (int64_t i = 0; i < p->g.id.n; i++)
        if (!p->node[i].declared)
            DN_FAIL(DN_EDATA, "%s:%lld: an edge names node '%s', which the file does not declare", p->name,
                    (long long)p->node[i].line, dn_strings_copy(&p->g.id, i, id, sizeof id));
out:
    return st;
}

/* Use the labels of one kind as ids when every node has one and no two are alike. */
static dn_status use_labels(parse *p, int kind, bool *out_used, dn_error *err)
{
    dn_status st = DN_OK;
    dn_names *seen = NULL;
    dn_strings id = {0};

    *out_used = false;
    DN_TRY(dn_names_create(&seen, err));
    for (int64_t i = 0; i < p->g.id.n; i++) {
        size_t len;
        int64_t other;
        const char *text;
        if (p->node[i].label[kind] == 0)
            goto out;
        text = dn_strings_at(&p->label, p->node[i].label[kind] - 1, &len);
        DN_TRY(dn_names_add(seen, text, len, i, &other, err));
        if (other != i)
            goto out;
        DN_TRY(dn_strings_add(&id, text, len, err));
    }
    dn_strings_destroy(&p->g.id);
    p->g.id = id;
    id = (dn_strings){0};
    *out_used = true;
out:
    dn_names_destroy(&seen);
    dn_strings_destroy(&id);
    return st;
}

static dn_status finish(parse *p, dn_error *err)
{
    dn_status st = DN_OK;
    bool used;

    DN_TRY(check_declared(p, err));
    DN_TRY(use_labels(p, 0, &used, err));
    if (!used)
        DN_TRY(use_labels(p, 1, &used, err));
    for (int64_t i = 0; i < p->g.edges; i++)
        if (isnan(p->g.edge[i].weight))
            p->g.edge[i].weight = p->default_weight;
out:
    return st;
}

static dn_status read_all(const char *name, dn_source *s, dn_graphml *out, dn_error *err)
{
    dn_status st = DN_OK;
    parse p = {.name = name, .err = err, .default_weight = 1.0f};

    DN_TRY(dn_names_create(&p.number, err));
    DN_TRY(dn_names_create(&p.key, err));
    p.parser = XML_ParserCreate(NULL);
    if (p.parser == NULL)
        DN_FAIL(DN_ENOMEM, "%s: out of memory for expat", name);
    XML_SetUserData(p.parser, &p);
    XML_SetElementHandler(p.parser, on_begin, on_end);
    XML_SetCharacterDataHandler(p.parser, on_text);
    DN_TRY(parse_source(&p, s, err));
    DN_TRY(finish(&p, err));
    *out = p.g;
    p.g = (dn_graphml){0};
out:
    if (p.parser != NULL)
        XML_ParserFree(p.parser);
    dn_graphml_destroy(&p.g);
    dn_names_destroy(&p.number);
    dn_names_destroy(&p.key);
    dn_strings_destroy(&p.label);
    dn_free(p.node);
    dn_free(p.open);
    dn_free(p.text);
    return st;
}

dn_status dn_graphml_read(const char *path, dn_graphml *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_source *s = NULL;
    int64_t bytes;
    bool gzip;

    DN_TRY(dn_source_probe(path, &bytes, &gzip, err));
    if (gzip)
        DN_TRY(dn_source_open_gzip(path, &s, err));
    else
        DN_TRY(dn_source_open_range(path, 0, INT64_MAX, &s, err));
    DN_TRY(read_all(path, s, out, err));
out:
    dn_source_close(&s);
    return st;
}

dn_status dn_graphml_memory(const char *name, const void *bytes, size_t len, dn_graphml *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_source *s = NULL;

    DN_TRY(dn_source_open_memory(name, bytes, len, &s, err));
    DN_TRY(read_all(name, s, out, err));
out:
    dn_source_close(&s);
    return st;
}
