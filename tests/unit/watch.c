/* watch.c - tests of jobs/watch: events folded into a state, fates, and pictures that fit every window */
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "jobs/watch/fate.h"
#include "jobs/watch/pen.h"
#include "jobs/watch/queue.h"
#include "jobs/watch/ranks.h"
#include "jobs/watch/render.h"
#include "solvers/base/alloc.h"

static void fold(dn_watch_state *s, const char *kind, const char *text)
{
    dn_error err = DN_ERROR_INIT;
    dn_json *e = NULL;

    CU_ASSERT_EQUAL(dn_json_read(kind, text, strlen(text), &e, &err), DN_OK);
    CU_ASSERT_EQUAL(dn_watch_fold(s, kind, e, &err), DN_OK);
    if (err.text[0] != '\0')
        fprintf(stderr, "%s\n", err.text);
    dn_json_destroy(&e);
}

static dn_watch_state *new_state(void)
{
    dn_watch_state *s = NULL;
    dn_error err = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(dn_watch_create("runs/warm", &s, &err), DN_OK);
    return s;
}

static const char server[] =
    "{\"protocol\":1,\"host\":\"node1\",\"pid\":77,\"stage\":\"train gener\",\"job_id\":\"12\",\"restart\":0,"
    "\"ranks\":3,\"started_utc\":\"2026-02-03T10:00:00Z\"}";
static const char status[] = "{\"protocol\":1,\"seq\":5,\"t\":\"2026-02-03T10:11:12.345Z\",\"state\":"
                             "\"running\",\"stage\":\"train gener\","
                             "\"epoch\":3,\"epochs\":4,\"step\":5,\"steps\":10,\"loss\":0.5,\"per_second\":"
                             "1234,\"eta_s\":61,\"elapsed_s\":3700,"
                             "\"checkpoint\":{\"utc\":\"2026-02-03T10:10:12Z\",\"seconds\":0.5,\"path\":\"c."
                             "h5\"},\"refused\":{\"plain\":2,"
                             "\"flooded\":3},\"ranks\":[{\"rank\":0,\"host\":\"node1\",\"compute_ms\":40,"
                             "\"wait_ms\":9,\"memory_mb\":800},"
                             "{\"rank\":1,\"host\":\"node2\",\"compute_ms\":49,\"wait_ms\":0,\"memory_mb\":"
                             "801},{\"rank\":2}],\"unheard\":{}}";

/* A state with something in every place, and texts that want to do harm. */
static dn_watch_state *hostile_state(void)
{
    dn_watch_state *s = new_state();

    fold(s, "server", server);
    fold(s, "d1.status",
         "{\"stage\":\"a stage with \\u001b[31m a very long name \\u202e that never seems to end\"}");
    fold(s, "d1.status", status);
    for (int i = 1; i <= 300; i++) {
        char text[200];

        snprintf(text, sizeof text,
                 "{\"epoch\":%d,\"train_loss\":%.17g,\"validation_loss\":%s,\"best\":true}", i,
                 exp(-i / 50.0), i % 7 ? "1e308" : "null");
        fold(s, "d1.epoch", text);
    }
    fold(s, "d1.log",
         "{\"t\":\"2026-02-03T10:11:12Z\",\"level\":\"warn\",\"module\":\"x\\u0007\",\"text\":\"\\u001b]0;"
         "owned"
         "\\u0007\\u001b[2J\\u009b31m\\r\\nnext\\tline\\u007f \\u4f60\\u597d \\ud83d\\ude00 e\\u0301 "
         "\\u200f\"}");
    fold(s, "d1.log",
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
    dn_watch_state *list[] = {new_state(), hostile_state()};
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
    dn_watch_state *s = new_state();

    fold(s, "server", server);
    fold(s, "d1.status", status);
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
    dn_watch_destroy(&s);
}

/* ---- folding ---- */

static void events_are_folded(void)
{
    dn_watch_state *s = new_state();

    CU_ASSERT(isnan(dn_watch_share(s)) && dn_watch_slowest(s) == NULL);
    fold(s, "server", server);
    fold(s, "d1.status", status);
    CU_ASSERT_DOUBLE_EQUAL(dn_watch_share(s), 2.5 / 4, 1e-12);
    CU_ASSERT_EQUAL(s->n_ranks, 3);
    CU_ASSERT_EQUAL(s->refused, 5);
    CU_ASSERT(dn_watch_slowest(s)->rank == 0 ||
              dn_watch_slowest(s)->wait_ms <= 0); /* rank 2 has no figures */
    fold(s, "d1.status",
         "{\"done\":30,\"total\":40,\"epoch\":\"three\",\"loss\":[],\"ranks\":7,\"checkpoint\":false}");
    CU_ASSERT_DOUBLE_EQUAL(dn_watch_share(s), 0.75, 1e-12);
    CU_ASSERT_EQUAL(s->epoch, 3);
    fold(s, "d1.status", "{\"done\":50,\"total\":40}");
    CU_ASSERT_DOUBLE_EQUAL(dn_watch_share(s), 1, 0);
    fold(s, "d1.status", "{\"stage\":\"evaluate\",\"done\":0}");
    CU_ASSERT(s->n_stages == 2 && s->stage[0].over && !s->stage[1].over);
    fold(s, "d9.status", "{\"done\":1}");
    fold(s, "d1.unheard", "{\"done\":1}");
    CU_ASSERT_EQUAL(s->done, 0);
    for (int i = 0; i < 3 * DN_WATCH_STAGES; i++) {
        char text[64];

        snprintf(text, sizeof text, "{\"stage\":\"stage %d\"}", i);
        fold(s, "status", text);
    }
    CU_ASSERT_EQUAL(s->n_stages, DN_WATCH_STAGES);
    dn_watch_destroy(&s);
}

static bool knows_epoch(const dn_watch_state *s, const char *text)
{
    dn_json *e = NULL;
    bool known;

    CU_ASSERT_EQUAL(dn_json_read("epoch", text, strlen(text), &e, NULL), DN_OK);
    known = dn_watch_knows_epoch(s, e);
    dn_json_destroy(&e);
    return known;
}

static void epochs_come_again_after_a_restart(void)
{
    static const int order[] = {1, 2, 3, 5, 4, 3, 4, 5, 6};
    dn_watch_state *s = new_state();
    char text[100];

    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        snprintf(text, sizeof text, "{\"epoch\":%d,\"train_loss\":%zu}", order[i], i);
        fold(s, "epoch", text);
    }
    CU_ASSERT_EQUAL(s->n_epochs, 6);
    for (int i = 0; i < 6; i++)
        CU_ASSERT_EQUAL(s->epochs_done[i].epoch, i + 1);
    CU_ASSERT_DOUBLE_EQUAL(s->epochs_done[2].train_loss, 5, 0);
    snprintf(text, sizeof text,
             "{\"epoch\":7,\"train_loss\":null,\"validation_loss\":1}"); /* it has diverged */
    fold(s, "epoch", text);
    CU_ASSERT(knows_epoch(s, text));
    CU_ASSERT(!knows_epoch(s, "{\"epoch\":7,\"train_loss\":1,\"validation_loss\":1}"));
    s->n_epochs--;
    fold(s, "epoch", "{\"epoch\":-4}");
    fold(s, "epoch", "{}");
    CU_ASSERT_EQUAL(s->n_epochs, 6);
    dn_watch_destroy(&s);
}

static void a_restart_is_said_and_forgets_the_process(void)
{
    dn_watch_state *s = new_state();

    fold(s, "server", server);
    fold(s, "status", status);
    fold(s, "epoch", "{\"epoch\":1,\"train_loss\":1}");
    fold(s, "server", server);
    CU_ASSERT(s->n_logs == 0 && s->n_ranks == 3 && s->seen == 1);
    fold(s, "server",
         "{\"host\":\"node7\",\"pid\":78,\"restart\":1,\"started_utc\":\"2026-02-03T11:00:00Z\"}");
    CU_ASSERT(s->n_logs == 1 && strstr(s->logs[0].text, "started again, on node7, process 78") != NULL);
    CU_ASSERT(s->n_ranks == 0 && s->n_epochs == 1 && s->said[0] == '\0' && s->epoch == -1 &&
              s->restarts == 1);
    CU_ASSERT_STRING_EQUAL(s->job, "");
    dn_watch_destroy(&s);
}

static void the_slowest_is_named(void)
{
    dn_watch_state *s = new_state();

    fold(s, "status",
         "{\"ranks\":[{\"rank\":0,\"compute_ms\":5,\"wait_ms\":0},{\"rank\":1,\"compute_ms\":7,\"wait_ms\":9}"
         "]}");
    CU_ASSERT_EQUAL(dn_watch_slowest(s)->rank, 1);
    fold(s, "status",
         "{\"ranks\":[{\"rank\":0,\"wait_ms\":3},{\"rank\":1,\"wait_ms\":1},{\"rank\":2,\"wait_ms\":2}]}");
    CU_ASSERT_EQUAL(dn_watch_slowest(s)->rank, 1);
    fold(s, "status", "{\"ranks\":[{\"rank\":0,\"compute_ms\":5},{\"rank\":1,\"compute_ms\":5}]}");
    CU_ASSERT_PTR_NULL(dn_watch_slowest(s));
    fold(s, "status", "{\"ranks\":[]}");
    CU_ASSERT_PTR_NULL(dn_watch_slowest(s));
    dn_watch_destroy(&s);
}

/* ---- fates ---- */

typedef struct fate_case {
    const char *said;
    dn_watch_facts facts;
    dn_fate fate;
} fate_case;

static void fates_are_told(void)
{
    static const fate_case list[] = {
        {"", {.directory = false}, DN_FATE_ABSENT},
        {"", {.directory = true, .locked = DN_NO}, DN_FATE_ABSENT},
        {"", {.queue = "PENDING", .job = "12"}, DN_FATE_QUEUED},
        {"", {.queue = "RUNNING", .job = "12"}, DN_FATE_STARTING},
        {"", {.directory = true, .locked = DN_YES}, DN_FATE_STARTING},
        {"", {.directory = true, .locked = DN_YES, .metrics = true}, DN_FATE_STARTING},
        {"", {.directory = true, .locked = DN_YES, .metrics = true, .reports = true}, DN_FATE_RUNNING},
        {"running", {.heartbeat = true, .locked = DN_YES, .holder = 99, .reports = true}, DN_FATE_RUNNING},
        {"running", {.heartbeat = true, .locked = DN_YES, .holder = 99}, DN_FATE_STARTING},
        {"finished", {.heartbeat = true, .locked = DN_YES, .holder = 99}, DN_FATE_STARTING},
        {"", {.directory = true, .locked = DN_NO, .model = true}, DN_FATE_FINISHED},
        {"", {.directory = true, .locked = DN_NO, .checkpoint = true}, DN_FATE_DEAD},
        {"", {.directory = true, .locked = DN_NO, .checkpoint = true, .queue = "PENDING"}, DN_FATE_QUEUED},
        {"", {.server = true, .process = DN_YES}, DN_FATE_STARTING},
        {"", {.server = true, .process = DN_NO}, DN_FATE_DEAD},
        {"running", {.heartbeat = true, .quiet_s = 1}, DN_FATE_RUNNING},
        {"running", {.heartbeat = true, .quiet_s = 20}, DN_FATE_SILENT},
        {"running", {.heartbeat = true, .quiet_s = 61}, DN_FATE_DEAD},
        {"running", {.heartbeat = true, .quiet_s = 1, .process = DN_NO}, DN_FATE_DEAD},
        {"running", {.heartbeat = true, .quiet_s = 999, .locked = DN_YES}, DN_FATE_SILENT},
        {"running", {.heartbeat = true, .quiet_s = 999, .locked = DN_NO, .process = DN_YES}, DN_FATE_DEAD},
        {"running", {.heartbeat = true, .quiet_s = 99, .process = DN_NO, .queue = "PENDING"}, DN_FATE_QUEUED},
        {"finished", {.heartbeat = true, .quiet_s = 999, .process = DN_NO}, DN_FATE_FINISHED},
        {"finished", {.heartbeat = true, .locked = DN_YES, .holder = 77}, DN_FATE_FINISHED},
        {"saved", {.heartbeat = true, .process = DN_NO}, DN_FATE_SAVED},
        {"saved", {.heartbeat = true, .process = DN_NO, .queue = "PENDING"}, DN_FATE_QUEUED},
        {"saved", {.heartbeat = true, .locked = DN_YES, .holder = 99}, DN_FATE_STARTING},
        {"failed", {.heartbeat = true}, DN_FATE_FAILED}};
    dn_watch_state *s = new_state();

    s->pid = 77;
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        char text[DN_WATCH_LINE] = "";
        dn_fate fate;

        snprintf(s->said, sizeof s->said, "%s", list[i].said);
        fate = dn_fate_tell(s, &list[i].facts, text, sizeof text);
        CU_ASSERT(fate == list[i].fate && text[0] != '\0');
        if (fate != list[i].fate)
            fprintf(stderr, "case %zu: %s (%s), wanted %s\n", i, dn_fate_name(fate), text,
                    dn_fate_name(list[i].fate));
    }
    dn_watch_destroy(&s);
}

/* Another protocol is refused by name, and what can be seen without it is said. */
static void another_protocol_is_named(void)
{
    static const struct {
        dn_watch_facts facts;
        dn_fate fate;
        const char *text;
    } list[] = {{{.directory = true, .server = true}, DN_FATE_SILENT, "cannot be seen from here"},
                {{.directory = true, .server = true, .locked = DN_YES, .reports = true},
                 DN_FATE_RUNNING,
                 "running; it reports epochs only"},
                {{.directory = true, .model = true}, DN_FATE_FINISHED, "finished"}};
    dn_watch_state *s = new_state();

    fold(s, "server", "{\"protocol\":9,\"pid\":5,\"host\":\"h\"}");
    fold(s, "status", "{\"protocol\":9,\"state\":\"running\",\"epoch\":5}");
    CU_ASSERT(s->foreign == 9 && s->pid == 0 && s->epoch == -1 && s->said[0] == '\0');
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        char text[DN_WATCH_LINE] = "";

        CU_ASSERT_EQUAL(dn_fate_tell(s, &list[i].facts, text, sizeof text), list[i].fate);
        CU_ASSERT(strstr(text, list[i].text) != NULL &&
                  strstr(text, "the job speaks protocol 9, this dragnet speaks 1") != NULL);
    }
    fold(s, "epoch", "{\"epoch\":1,\"train_loss\":1}"); /* a line of metrics.jsonl speaks none */
    CU_ASSERT(s->foreign == 9 && s->n_epochs == 1);
    fold(s, "server", server);
    CU_ASSERT(s->foreign == 0 && s->pid == 77);
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
    fold(s, "status", text);
    dn_free(text);
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

static void many_ranks_are_summed_up(void)
{
    static const struct {
        int n, rows, shown;
        const char *head;
    } list[] = {
        {1, 24, 0, "ranks       1\n"},
        {4, 24, 4, "ranks       4, the slowest is rank 2 on node0 by 46%"},
        {4, 8, 2, "ranks       4, the slowest is rank 2 on node0 by 46%"},
        {16, 0, 16, "ranks       16 on 2 hosts, the slowest is rank 8 on node1 by 46%"},
        {64, 24, 6, "ranks       64 on 8 hosts, the slowest is rank 32 on node4 by 46%"},
        {1000, 0, 6, "ranks       1000 on 125 hosts, the slowest is rank 500 on node62 by 46%"},
    };

    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        dn_watch_state *s = new_state();

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
    dn_watch_state *s = new_state();

    CU_ASSERT(isnan(dn_ranks_lag(s)));
    fold(s, "status",
         "{\"ranks\":[{\"compute_ms\":50},{\"compute_ms\":51},{\"compute_ms\":49},{\"compute_ms\":50}]}");
    CU_ASSERT_DOUBLE_EQUAL(dn_ranks_lag(s), 51.0 / 50 - 1, 1e-12);
    CU_ASSERT(shows(s, 80, 24, "ranks       4, evenly loaded"));
    fold(s, "status", "{\"ranks\":[{\"rank\":0,\"wait_ms\":3},{\"rank\":1,\"wait_ms\":1}]}");
    CU_ASSERT(isnan(dn_ranks_lag(s)));
    CU_ASSERT(shows(s, 80, 24, "ranks       2, the slowest is rank 1\n"));
    fold(s, "status", "{\"ranks\":[{\"rank\":0,\"memory_mb\":123}]}");
    CU_ASSERT(shows(s, 80, 24, "ranks       1, 123 MB"));
    dn_watch_destroy(&s);
}

/* A stage without epochs: what is done, in its unit, and how it calls its figures. */
static void other_stages_are_shown(void)
{
    dn_watch_state *s = new_state();

    fold(s, "status",
         "{\"state\":\"running\",\"stage\":\"screen\",\"done\":1234567,\"total\":17698275,\"unit\":\"pairs\","
         "\"per_second\":2712345,\"eta_s\":6,\"metrics\":{\"kept\":1000,\"worst kept\":0.875}}");
    s->fate = DN_FATE_RUNNING;
    CU_ASSERT(shows(s, 80, 24, "  6%  1,234,567 of 17,698,275 pairs  0:06 left"));
    CU_ASSERT(shows(s, 80, 24, "so far      kept 1000, worst kept 0.875"));
    CU_ASSERT(shows(s, 80, 24, "speed       2,712,345 pairs/s"));
    dn_watch_destroy(&s);
}

/* ---- the queue ---- */

static const char squeue[] =
    "12|PENDING|Priority|/home/u/work|train.sbatch gener d.h5 -o ./runs//warm/ --seed 1\n"
    "13|PENDING|Resources|/home/u|x.sh a|b --output=work/runs/cold\n"
    "14|RUNNING|None|/home/u/work|y.sh --output /home/u/work/runs/cold\n"
    "15|PENDING|Priority|/home/u/work/runs|z.sh --no -ocold\n"
    "no line of it\n\n16|RUNNING|None|/|a.sh -o";

typedef struct queue_case {
    const char *run, *job, *state, *id;
} queue_case;

static void the_job_of_a_run_is_found(void)
{
    static const queue_case list[] = {{"/home/u/work/runs/warm", "", "PENDING", "12"},
                                      {"/home/u/work/runs/cold/", "", "RUNNING", "14"},
                                      {"/home/u/work/runs/none", "", "", ""},
                                      {"/home/u/work/runs/none", "15", "PENDING", "15"},
                                      {"/home/u/work/runs", "", "", ""},
                                      {"/elsewhere", "17", "", ""}};

    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        dn_watch_facts f = {.queue = "RUNNING"};

        dn_queue_read(squeue, list[i].run, list[i].job, &f);
        CU_ASSERT_STRING_EQUAL(f.queue, list[i].state);
        CU_ASSERT_STRING_EQUAL(f.job, list[i].id);
    }
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

static void times_are_read(void)
{
    CU_ASSERT_EQUAL(dn_watch_time("1970-01-01T00:00:00Z"), 0);
    CU_ASSERT_EQUAL(dn_watch_time("2000-02-29T12:34:56.789Z"), 951827696); /* date -u -d ... +%s */
    CU_ASSERT_EQUAL(dn_watch_time("2026-11-21T22:00:00Z"), 1795298400);
    CU_ASSERT_EQUAL(dn_watch_time("soon"), -1);
    CU_ASSERT_EQUAL(dn_watch_time(""), -1);
}

/* Whatever allocation is refused, folding and rendering say so and leave nothing behind. */
static void memory_may_be_refused(void)
{
    dn_watch_view v = {.columns = 80, .rows = 24, .utf8 = true, .colour = true};
    dn_status st = DN_ENOMEM;

    for (long k = 0; st != DN_OK && k < 200; k++) {
        dn_error err = DN_ERROR_INIT;
        dn_watch_state *s = NULL;
        dn_json *e = NULL;
        char *text = NULL, *line = NULL;

        dn_alloc_fail_after(k);
        st = dn_watch_create("run", &s, &err);
        if (st == DN_OK)
            st = dn_json_read("status", status, strlen(status), &e, &err);
        if (st == DN_OK)
            st = dn_watch_fold(s, "status", e, &err);
        if (st == DN_OK)
            st = dn_watch_fold(s, "epoch", e, &err);
        if (st == DN_OK)
            st = dn_watch_render(s, &v, &text, &err);
        if (st == DN_OK)
            st = dn_watch_line(s, true, &line, &err);
        dn_alloc_fail_after(-1);
        CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && k < 199));
        dn_free(text);
        dn_free(line);
        dn_json_destroy(&e);
        dn_watch_destroy(&s);
        CU_ASSERT_EQUAL(dn_alloc_live(), 0);
    }
    CU_ASSERT_EQUAL(st, DN_OK);
}

static const dn_test tests[] = {
    {"pictures fit every window", pictures_fit_every_window},
    {"a picture says what matters", a_picture_says_what_matters},
    {"events are folded", events_are_folded},
    {"epochs come again after a restart", epochs_come_again_after_a_restart},
    {"a restart is said and forgets the process", a_restart_is_said_and_forgets_the_process},
    {"the slowest is named", the_slowest_is_named},
    {"fates are told", fates_are_told},
    {"another protocol is named", another_protocol_is_named},
    {"many ranks are summed up", many_ranks_are_summed_up},
    {"even ranks are not blamed", even_ranks_are_not_blamed},
    {"other stages are shown", other_stages_are_shown},
    {"the job of a run is found", the_job_of_a_run_is_found},
    {"curves have their form", curves_have_their_form},
    {"times are read", times_are_read},
    {"memory may be refused", memory_may_be_refused},
    {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "watch", tests);
}
