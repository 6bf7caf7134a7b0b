/* SPDX-License-Identifier: Apache-2.0
 * When what was done, for `firstbad report --cost`.
 */
#include "job/private.h"

/* What the coordinator does itself in less time has no span. */
#define MIN_WORK_US (5 * 1000)

gint64 job_now_ms(void)
{
    return g_get_real_time() / 1000;
}

gint64 job_real_ms(gint64 clock_us)
{
    gint64 gone_us = g_get_monotonic_time() - clock_us;

    return (g_get_real_time() - gone_us) / 1000;
}

void job_put_span(Job *job, const char *kind, const char *commit, const char *how, guint lane,
                  gint64 begun_us)
{
    /* Real time once, so that it is not set between begin and end; and after the other, so that
     * what has just begun did not begin before what ended last. */
    gint64 gone_us = g_get_monotonic_time() - begun_us, now_us = g_get_real_time();
    const SpanRow span = {
        .kind = (char *)kind,
        .phase = job->phase == PHASE_DONE ? NULL : (char *)job_phase_name(job->phase),
        .commit = (char *)commit,
        .how = (char *)how,
        .lane = lane,
        .begun_ms = (now_us - gone_us) / 1000,
        .ended_ms = now_us / 1000,
    };

    store_put_span(job->store, job->id, &span);
}

void job_put_work(Job *job, const char *kind, gint64 begun_us)
{
    if (g_get_monotonic_time() - begun_us >= MIN_WORK_US) {
        job_put_span(job, kind, NULL, NULL, 0, begun_us);
    }
}

const char *job_build_how(const Job *job, const Kernel *kernel)
{
    if (kernel->same_as) {
        return "same";
    }
    if (kernel->reused) {
        return "store";
    }
    if (kernel->status == KERNEL_FAILED) {
        return "failed";
    }
    for (guint i = 0; i < job->kernels->len; i++) {
        if (!((const KernelRow *)job->kernels->pdata[i])->kernel->reused) {
            return "incremental";
        }
    }
    return "first";
}
