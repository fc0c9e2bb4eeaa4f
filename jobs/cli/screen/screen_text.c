/* screen_text.c - what both screens say in the same words; see screen_text.h */
#include "jobs/cli/screen/screen_text.h"

#include <inttypes.h>
#include <math.h>
#include "jobs/cli/network/network_output.h"

const char *dn_screen_clean(const dn_strings *id, int64_t i, char *buf)
{
    char raw[DN_ID_MAX];

    return dn_utf8_clean(dn_strings_copy(id, i, raw, sizeof raw), buf, DN_ID_MAX);
}

void dn_screen_print_number(FILE *to, double v)
{
    if (isnan(v))
        fputs("\tnan", to);
    else
        fprintf(to, "\t%.9g", v);
}

void dn_screen_print_score(FILE *to, const dn_screen_calibration *c, double score, double prevalence)
{
    dn_screen_print_number(to, score);
    dn_screen_print_number(to, dn_screen_calibrated(c, score));
    dn_screen_print_number(to, dn_screen_at_prevalence(c, score, prevalence));
}

double dn_screen_weight(const dn_screen_calibration *c, double score, double prevalence)
{
    double p = dn_screen_at_prevalence(c, score, prevalence);

    return !isnan(p) ? p : c->done ? dn_screen_calibrated(c, score) : score;
}

void dn_screen_json_calibration(const dn_screen_calibration *k, double prevalence, dn_json *root)
{
    dn_json *c = dn_json_object(root, "calibration");

    dn_json_bool(c, "calibrated", k->done);
    dn_json_bool(c, "reversed", k->reversed);
    dn_json_int(c, "validation_rows", k->rows);
    dn_json_int(c, "validation_positives", k->positives);
    dn_json_number(c, "slope", k->done ? k->platt.slope : NAN);
    dn_json_number(c, "offset", k->done ? k->platt.offset : NAN);
    dn_json_number(c, "prevalence", prevalence);
}

void dn_screen_json_held(const dn_screen_held *held, const dn_screen_words *words, dn_json *root)
{
    dn_json *h = dn_json_object(root, "held_out"), *row;

    dn_json_string(h, "part", "test");
    dn_json_int(h, "rows", held->rows);
    dn_json_int(h, words->positives, held->positives);
    dn_json_string(h, "best_baseline", words->baseline);
    for (int end = 1; end >= 0; end--) {
        dn_json *list = words->end[end] != NULL ? dn_json_array(h, words->end[end]) : NULL;
        int64_t right = end ? held->positives : held->rows - held->positives;

        for (int k = 0; words->end[end] != NULL && k < held->tops; k++) {
            row = dn_json_object(list, NULL);
            dn_json_int(row, "k", held->top[k]);
            dn_json_number(row, "model", held->model[end][k]);
            dn_json_number(row, "baseline", held->baseline[end][k]);
            dn_json_number(row, "share", (double)right / (double)held->rows);
        }
    }
}

void dn_screen_print_calibration(FILE *to, const dn_screen_calibration *c, double prevalence,
                                 const dn_screen_words *words)
{
    if (!c->done)
        fprintf(to, "not calibrated: %s\n",
                c->reversed ? "the model ranks the validation pairs the wrong way round"
                            : "validation has not both labels");
    else
        fprintf(to, "calibrated on %" PRId64 " validation pairs, %.3f %s%s", c->rows,
                (double)c->positives / (double)c->rows, words->positives, isnan(prevalence) ? "\n" : ", ");
    if (!isnan(prevalence))
        fprintf(to, "shifted to a prevalence of %g\n", prevalence);
}

void dn_screen_print_held(FILE *to, const dn_screen_held *h, const dn_screen_words *words)
{
    if (h->tops == 0) {
        fprintf(to, "\n%" PRId64 " test pairs of the split are in the screen: too few for a precision\n",
                h->rows);
        return;
    }
    fprintf(to, "\nprecision among %" PRId64 " test pairs of the split (%s %.3f)\n", h->rows,
            words->positives, (double)h->positives / (double)h->rows);
    for (int end = 1; end >= 0; end--)
        for (int k = 0; words->end[end] != NULL && k < h->tops; k++) {
            if (words->named)
                fprintf(to, "  %-10s", words->end[end]);
            fprintf(to, "  best %5" PRId64 "  model %.3f", h->top[k], h->model[end][k]);
            if (h->best_baseline >= 0)
                fprintf(to, "  %s %.3f", words->baseline, h->baseline[end][k]);
            fputc('\n', to);
        }
}
