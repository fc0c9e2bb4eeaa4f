/* optim.c - optimisers on a slice of the weight vector; see optim.h */
#include "solvers/optim/optim.h"

#include <math.h>
#include "solvers/base/alloc.h"
#include "solvers/base/clones.h"

static const double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;

dn_status dn_optim_create(dn_optim_kind kind, double decay, int64_t n, dn_optim *out, dn_error *err)
{
    dn_status st = DN_OK;

    *out = (dn_optim){.kind = kind, .decay = decay, .n = n};
    if (kind == DN_ADAMW) {
        DN_NEW(out->m, (size_t)n);
        DN_NEW(out->v, (size_t)n);
    }
out:
    if (st != DN_OK)
        dn_optim_destroy(out);
    return st;
}

void dn_optim_destroy(dn_optim *o)
{
    dn_free(o->m);
    dn_free(o->v);
    *o = (dn_optim){0};
}

static void adamw(const dn_optim *o, double rate, int64_t at, int64_t n, const float *g, float *w)
{
    double t = (double)(o->steps + 1);
    double step = rate / (1 - pow(beta1, t)), correct = 1 / (1 - pow(beta2, t));
    float *first = o->m + at, *second = o->v + at;

    for (int64_t i = 0; i < n; i++) {
        double gi = (double)g[i], wi = (double)w[i] * (1 - rate * o->decay);
        double m = beta1 * (double)first[i] + (1 - beta1) * gi;
        double v = beta2 * (double)second[i] + (1 - beta2) * gi * gi;
        first[i] = (float)m;
        second[i] = (float)v;
        w[i] = (float)(wi - step * m / (sqrt(v * correct) + epsilon));
    }
}

/* Two functions, or the compiler would contract product and difference where the CPU can, and round once. */
DN_CLONES
static void scale(float rate, int64_t n, const float *restrict g, float *restrict out)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = rate * g[i];
}

DN_CLONES
static void subtract(int64_t n, const float *restrict step, float *restrict w)
{
    for (int64_t i = 0; i < n; i++)
        w[i] -= step[i];
}

static void sgd(float rate, int64_t n, const float *g, float *w)
{
    enum { PIECE = 1024 };
    float step[PIECE];

    for (int64_t at = 0; at < n; at += PIECE) {
        int64_t m = n - at < PIECE ? n - at : PIECE;
        scale(rate, m, g + at, step);
        subtract(m, step, w + at);
    }
}

void dn_optim_part(const dn_optim *o, double rate, int64_t at, int64_t n, const float *g, float *w)
{
    if (o->kind == DN_ADAMW)
        adamw(o, rate, at, n, g, w);
    else
        sgd((float)rate, n, g, w);
}

void dn_optim_count(dn_optim *o)
{
    o->steps++;
}

void dn_optim_step(dn_optim *o, double rate, const float *g, float *w)
{
    dn_optim_part(o, rate, 0, o->n, g, w);
    dn_optim_count(o);
}

double dn_schedule_rate(const dn_schedule *s, int64_t step)
{
    const double pi = 3.14159265358979323846;
    double past, whole;

    switch (s->kind) {
    case DN_CONSTANT:
        return s->rate;
    case DN_STEPWISE:
        return s->rate * pow(s->factor, (double)step / (double)s->every);
    case DN_COSINE:
        if (step < s->warmup)
            return s->rate * (double)(step + 1) / (double)s->warmup;
        past = (double)(step - s->warmup);
        whole = s->every > s->warmup ? (double)(s->every - s->warmup) : 1;
        return past < whole ? s->rate * 0.5 * (1 + cos(pi * past / whole)) : 0;
    }
    return s->rate;
}
