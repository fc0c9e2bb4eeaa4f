/* watch_picture.c - tests of jobs/watch: pictures that fit every window, and what they say */
#include "tests/support/test.h"
#include "tests/support/watched.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "jobs/watch/ranks.h"
#include "jobs/watch/render.h"
#include "solvers/base/alloc.h"

/* A state with something in every place, and texts that want to do harm. */
static dn_watch_state *hostile_state(void)
{
    dn_watch_state *s = watched_new();

    watched_fold(s, "server", watched_server);
    watched_fold(s, "d1.status",
                 "{\"stage\":\"a stage with \\u001b[31m a very long name \\u202e that never seems to end\"}");
    watched_fold(s, "d1.status", watched_status);
    for (int i = 1; i <= 300; i++) {
        char text[200];

        snprintf(text, sizeof text,
                 "{\"epoch\":%d,\"train_loss\":%.17g,\"validation_loss\":%s,\"best\":true}", i,
                 exp(-i / 50.0), i % 7 ? "1e308" : "null");
        watched_fold(s, "d1.epoch", text);
    }
    watched_fold(
        s, "d1.log",
        "{\"t\":\"2026-02-03T10:11:12Z\",\"level\":\"warn\",\"module\":\"x\\u0007\",\"text\":\"\\u001b]0;"
        "owned"
        "\\u0007\\u001b[2J\\u009b31m\\r\\nnext\\tline\\u007f \\u4f60\\u597d \\ud83d\\ude00 e\\u0301 "
        "\\u200f\"}");
    watched_fold(s, "d1.log",
                 "{\"level\":\"error\",\"text\":"
                 "\"\\u4f60\\u597d\\u4f60\\u597d\\u4f60\\u597d\\u4f60\\u597d\\u4f60\\u597d"
                 "\\u4f60\\u597d\\u4f60\\u597d\\u4f60\\u597d\\u4f60\\u597d\\u4f60\\u597d\\u4f60\\u597d\"}");
    snprintf(s->fate_text, sizeof s->fate_text,
             "running \033[5m \xff\xfe\xc0\xaf\xed\xa0\x80 broken \xe4\xbd");
    s->fate = DN_FATE_RUNNING;
    return s;
}

/* Columns of a line, and whether it has control characters; the sequences of our own inks are passed over. An
 * own decoder: 3 bytes of a CJK character are two columns, any other character one. */
static int columns_of(const char *line, size_t n, bool *out_clean)
{
    int columns = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)line[i];

        if (c == 0x1b && i + 3 < n && line[i + 1] == '[' && (line[i + 3] == 'm' || line[i + 4] == 'm')) {
            i += line[i + 3] == 'm' ? 3 : 4;
            continue;
        }
        if (c < 0x20 || c == 0x7f)
            *out_clean = false;
        if (c >= 0x80 && c < 0xc0)
            continue;
        if (c == 0xc2 && (unsigned char)line[i + 1] < 0xa0) /* U+0080 to U+009F */
            *out_clean = false;
        columns += c >= 0xe3 && c <= 0xed ? 2 : 1;
    }
    return columns;
}

static int check_picture(const dn_watch_state *s, const dn_watch_view *v)
{
    dn_error err = DN_ERROR_INIT;
    char *text = NULL;
    int lines = 1, bad = 0;
    bool clean = true;

    CU_ASSERT_EQUAL(dn_watch_render(s, v, &text, &err), DN_OK);
    for (const char *at = text; at != NULL && *at != '\0'; lines++) {
        size_t n = strcspn(at, "\n");

        bad += columns_of(at, n, &clean) > (v->columns < 1 ? 1 : v->columns);
        at += n;
        if (*at == '\0')
            break;
        at++;
    }
    if (bad > 0 || !clean || (v->rows > 0 && lines > v->rows)) {
        fprintf(stderr, "%d x %d utf8 %d colour %d: %d lines, %d too wide, clean %d\n", v->columns, v->rows,
                v->utf8, v->colour, lines, bad, clean);
        bad++;
    }
    for (const char *c = text; !v->utf8 && c != NULL && *c != '\0'; c++)
        bad += (unsigned char)*c >= 0x80;
    dn_free(text);
    return bad;
}

static void pictures_fit_every_window(void)
{
    static const int widths[] = {-3, 0,  1,  2,  3,  7,   13,  20,  39,   41,
                                 60, 79, 80, 81, 99, 100, 132, 200, 1000, 5000};
    static const int heights[] = {0, 1, 2, 3, 5, 8, 10, 13, 20, 24, 50, 200};
    dn_watch_state *list[] = {watched_new(), hostile_state()};
    int bad = 0;

    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++)
        for (size_t k = 0; k < sizeof heights / sizeof heights[0]; k++)
            for (int form = 0; form < 16; form++) {
                dn_watch_view v = {.columns = widths[i],
                                   .rows = heights[k],
                                   .utf8 = form & 1,
                                   .colour = form & 2,
                                   .keys = form & 4,
                                   .now = 1770113532};

                bad += check_picture(list[form >> 3], &v);
            }
    CU_ASSERT_EQUAL(bad, 0);
    for (int i = 0; i < 2; i++)
        dn_watch_destroy(&list[i]);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Events with bytes changed, doubled and cut out, as far as they are JSON: whatever they say fits. */
static void damaged_events_do_no_harm(void)
{
    static const char *const kinds[] = {"status", "epoch", "log", "server", "start", "checkpoint", "end"};
    static const char bytes[] = "0123456789-+.eE\"\\{}[]:,nutf \x01\x7f\xc2\x9b\xf0";
    const char *texts[] = {watched_status, watched_server};
    dn_watch_state *s = watched_new();
    uint64_t x = 88172645463325252u;
    int bad = 0, folded = 0;

    for (int i = 0; i < 20000; i++) {
        char text[1024];
        int n = snprintf(text, sizeof text, "%s", texts[i % 2]);
        dn_json *e = NULL;

        for (int k = 0; k < 1 + i % 4; k++) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17; /* xorshift64 */
            text[x % (uint64_t)n] = bytes[(x >> 32) % (sizeof bytes - 1)];
        }
        if (dn_json_read("event", text, (size_t)n, &e, NULL) == DN_OK) {
            folded++;
            CU_ASSERT_EQUAL(dn_watch_fold(s, kinds[x % 7], e, NULL), DN_OK);
        }
        dn_json_destroy(&e);
        s->fate = (dn_fate)(x % 9);
        if (i % 10 == 0)
            bad += check_picture(s, &(dn_watch_view){.columns = (int)(x % 120),
                                                     .rows = (int)(x >> 40) % 30,
                                                     .utf8 = x & 1,
                                                     .keys = x & 2,
                                                     .now = 1770113532});
    }
    CU_ASSERT_EQUAL(bad, 0);
    CU_ASSERT(folded > 1000);
    dn_watch_destroy(&s);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static bool shows(const dn_watch_state *s, int columns, int rows, const char *text)
{
    dn_watch_view v = {
        .columns = columns, .rows = rows, .utf8 = true, .now = dn_watch_time("2026-02-03T10:12:12Z")};
    dn_error err = DN_ERROR_INIT;
    char *lines = NULL;
    bool found;

    CU_ASSERT_EQUAL(dn_watch_render(s, &v, &lines, &err), DN_OK);
    found = strstr(lines, text) != NULL;
    if (!found)
        fprintf(stderr, "no '%s' in:\n%s\n", text, lines);
    dn_free(lines);
    return found;
}

/* How many lines of a window hold a text. */
static int lines_with(const dn_watch_state *s, int rows, const char *text)
{
    dn_watch_view v = {.columns = 80, .rows = rows, .utf8 = true};
    dn_error err = DN_ERROR_INIT;
    char *lines = NULL;
    int n = 0;

    CU_ASSERT_EQUAL(dn_watch_render(s, &v, &lines, &err), DN_OK);
    for (const char *at = lines; (at = strstr(at, text)) != NULL; at += strlen(text))
        n++;
    dn_free(lines);
    return n;
}

static void a_picture_says_what_matters(void)
{
    static const char *const wanted[] = {"runs/warm",
                                         "job         12, process 77 on node1, 3 ranks",
                                         " 62%  epoch 3/4",
                                         "  1:01 left",
                                         "checkpoint  2:00 ago",
                                         "3 on 2 hosts, the slowest is rank 1 on node2 by 23%",
                                         "computes 40.0 to 49.0 ms, waits 0.0 to 9.0 ms (9% of the time)",
                                         "waits",
                                         "1,234 units/s",
                                         "refused: 5"};
    dn_watch_state *s = watched_new();

    watched_fold(s, "server", watched_server);
    watched_fold(s, "d1.status", watched_status);
    s->fate = DN_FATE_RUNNING;
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        CU_ASSERT(shows(s, 80, 24, wanted[i]));
        CU_ASSERT(shows(s, 200, 24, wanted[i]));
    }
    CU_ASSERT(shows(s, 200, 24, "1:01:40 elapsed"));
    for (int i = 0; i < 300; i++)
        dn_watch_note(s, "info", i == 299 ? "the last line" : "another line");
    CU_ASSERT_EQUAL(s->n_logs, DN_WATCH_LOGS);
    CU_ASSERT(shows(s, 80, 12, "the last line"));
    CU_ASSERT_EQUAL(lines_with(s, 0, "line"), 5); /* a picture that stays does not fill the terminal */
    dn_watch_destroy(&s);
}

/* ---- ranks ---- */

static void add_ranks(dn_watch_state *s, int n)
{
    size_t cap = 200 * (size_t)n + 100, at;
    char *text = dn_calloc(cap, 1);

    at = (size_t)snprintf(text, cap, "{\"ranks\":[");
    for (int i = 0; i < n; i++)
        at += (size_t)snprintf(text + at, cap - at,
                               "%s{\"rank\":%d,\"host\":\"node%d\",\"compute_ms\":%d,\"exchange_ms\":2,"
                               "\"wait_ms\":%d,\"memory_mb\":100}",
                               i > 0 ? "," : "", i, i / 8, i == n / 2 ? 60 : 40 + i % 2, i == n / 2 ? 0 : 20);
    snprintf(text + at, cap - at, "]}");
    watched_fold(s, "status", text);
    dn_free(text);
}

static void many_ranks_are_summed_up(void)
{
    static const struct {
        int n, rows, shown;
        const char *head;
    } list[] = {
        {1, 24, 0, "memory      100 MB on rank 0"},
        {4, 24, 4, "ranks       4, the slowest is rank 2 on node0 by 46%"},
        {4, 8, 2, "ranks       4, the slowest is rank 2 on node0 by 46%"},
        {16, 0, 16, "ranks       16 on 2 hosts, the slowest is rank 8 on node1 by 46%"},
        {64, 24, 6, "ranks       64 on 8 hosts, the slowest is rank 32 on node4 by 46%"},
        {1000, 0, 6, "ranks       1000 on 125 hosts, the slowest is rank 500 on node62 by 46%"},
    };

    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        dn_watch_state *s = watched_new();

        add_ranks(s, list[i].n);
        CU_ASSERT_EQUAL(lines_with(s, list[i].rows, list[i].head), 1);
        CU_ASSERT_EQUAL(lines_with(s, list[i].rows, " 2.0 ms "), list[i].shown); /* of the table */
        CU_ASSERT_EQUAL(lines_with(s, list[i].rows, " more"), list[i].shown < list[i].n && list[i].n > 1);
        dn_watch_destroy(&s);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void even_ranks_are_not_blamed(void)
{
    dn_watch_state *s = watched_new();

    CU_ASSERT(isnan(dn_ranks_lag(s)));
    watched_fold(
        s, "status",
        "{\"ranks\":[{\"compute_ms\":50},{\"compute_ms\":51},{\"compute_ms\":49},{\"compute_ms\":50}]}");
    CU_ASSERT_DOUBLE_EQUAL(dn_ranks_lag(s), 51.0 / 50 - 1, 1e-12);
    CU_ASSERT(shows(s, 80, 24, "ranks       4, evenly loaded"));
    watched_fold(s, "status", "{\"ranks\":[{\"rank\":0,\"wait_ms\":3},{\"rank\":1,\"wait_ms\":1}]}");
    CU_ASSERT(isnan(dn_ranks_lag(s)));
    CU_ASSERT(shows(s, 80, 24, "ranks       2, the slowest is rank 1\n"));
    watched_fold(s, "status", "{\"ranks\":[{\"rank\":0,\"memory_mb\":123}]}");
    CU_ASSERT(shows(s, 80, 24, "memory      123 MB on rank 0"));
    s->size = 1;
    CU_ASSERT(shows(s, 80, 24, "ranks       1, 123 MB"));
    dn_watch_destroy(&s);
}

/* Of very many ranks the slowest alone tell: nothing is said of the others. */
static void some_ranks_speak_for_themselves(void)
{
    dn_watch_state *s = watched_new();

    watched_fold(s, "server", "{\"protocol\":1,\"host\":\"n\",\"pid\":77,\"ranks\":1000}");
    add_ranks(s, 64);
    CU_ASSERT_EQUAL(
        lines_with(s, 24,
                   "ranks       1000, of which the slowest 64 tell, the slowest is rank 32 on node4\n"),
        1);
    CU_ASSERT_EQUAL(lines_with(s, 24, "and 994 more"), 1);
    add_ranks(s, 2);
    CU_ASSERT_EQUAL(lines_with(s, 24, "and 998 more"), 1);
    CU_ASSERT_EQUAL(lines_with(s, 24, "which compute"), 0);
    dn_watch_destroy(&s);
}

/* A stage of parts: a bar of all, one of the part. */
static void parts_have_their_bar(void)
{
    dn_watch_state *s = watched_new();

    watched_fold(
        s, "status",
        "{\"state\":\"running\",\"stage\":\"network\",\"part\":\"closeness\",\"epoch\":2,\"epochs\":4,"
        "\"done\":1500,"
        "\"total\":3000,\"unit\":\"sources\",\"per_second\":20,\"eta_s\":75,\"elapsed_s\":9,\"checkpoint_"
        "every_s\":600}");
    s->fate = DN_FATE_RUNNING;
    CU_ASSERT_DOUBLE_EQUAL(dn_watch_share(s), 1.5 / 4, 1e-12);
    CU_ASSERT(shows(s, 80, 24, " 37%  part 2/4  0:09 elapsed"));
    CU_ASSERT(shows(s, 80, 24, " 50%  1,500 of 3,000 sources  1:15 left"));
    CU_ASSERT(shows(s, 80, 24, "checkpoint  none yet; one every 10:00"));
    watched_fold(
        s, "status",
        "{\"state\":\"running\",\"stage\":\"network\",\"part\":\"core\",\"epoch\":3,\"done\":0,\"total\":1}");
    CU_ASSERT(isnan(s->per_second) && isnan(s->eta_s));
    CU_ASSERT_DOUBLE_EQUAL(dn_watch_share(s), 0.5, 1e-12);
    s->fate = DN_FATE_FINISHED;
    CU_ASSERT(shows(s, 80, 24, "100%"));
    dn_watch_destroy(&s);
}

/* A stage without epochs: what is done, in its unit, and how it calls its figures. */
static void other_stages_are_shown(void)
{
    dn_watch_state *s = watched_new();

    watched_fold(
        s, "status",
        "{\"state\":\"running\",\"stage\":\"screen\",\"done\":1234567,\"total\":17698275,\"unit\":\"pairs\","
        "\"per_second\":2712345,\"eta_s\":6,\"metrics\":{\"kept\":1000,\"worst kept\":0.875}}");
    s->fate = DN_FATE_RUNNING;
    CU_ASSERT(shows(s, 80, 24, "  6%  1,234,567 of 17,698,275 pairs  0:06 left"));
    CU_ASSERT(shows(s, 80, 24, "so far      kept 1000, worst kept 0.875"));
    CU_ASSERT(shows(s, 80, 24, "speed       2,712,345 pairs/s"));
    dn_watch_destroy(&s);
}

/* ---- pieces ---- */

static void curves_have_their_form(void)
{
    const double rising[] = {0, 1, 2, 3, 4, 5, 6, 7}, flat[] = {2, 2}, gap[] = {0, NAN, 1},
                 huge[] = {-1.7e308, 1.7e308};
    double many[1000];
    char out[401];

    CU_ASSERT_EQUAL(dn_sparkline(rising, 8, 100, true, out), 8);
    CU_ASSERT_STRING_EQUAL(out, "▁▂▃▄▅▆▇█");
    (void)dn_sparkline(rising, 8, 4, false, out);
    CU_ASSERT_STRING_EQUAL(out, "_-+#");
    (void)dn_sparkline(flat, 2, 9, true, out);
    CU_ASSERT_STRING_EQUAL(out, "▄▄");
    (void)dn_sparkline(gap, 3, 9, true, out);
    CU_ASSERT_STRING_EQUAL(out, "▁ █");
    (void)dn_sparkline(huge, 2, 9, true, out);
    CU_ASSERT_STRING_EQUAL(out, "▁█");
    CU_ASSERT_EQUAL(dn_sparkline(rising, 0, 9, true, out), 0);
    for (int i = 0; i < 1000; i++)
        many[i] = i % 2 == 0 ? (double)NAN : i;
    CU_ASSERT_EQUAL(dn_sparkline(many, 1000, 100, true, out), 100);
    CU_ASSERT_EQUAL(strlen(out), 300); /* no gap: every stretch holds values */
}

static const dn_test tests[] = {{"pictures fit every window", pictures_fit_every_window},
                                {"damaged events do no harm", damaged_events_do_no_harm},
                                {"a picture says what matters", a_picture_says_what_matters},
                                {"many ranks are summed up", many_ranks_are_summed_up},
                                {"even ranks are not blamed", even_ranks_are_not_blamed},
                                {"some ranks speak for themselves", some_ranks_speak_for_themselves},
                                {"parts have their bar", parts_have_their_bar},
                                {"other stages are shown", other_stages_are_shown},
                                {"curves have their form", curves_have_their_form},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "watch_picture", tests);
}
