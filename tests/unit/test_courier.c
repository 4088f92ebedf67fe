/* Errands in another thread: taken back, waited for in vain, forgotten. No sleeps: an errand waits
 * for its test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <time.h>

#include "cluster/courier.h"

#define LONG_MS 20000

struct job {
    sem_t go, discarded;
    int result;
};

static void job_init(struct job *job)
{
    sem_init(&job->go, 0, 0);
    sem_init(&job->discarded, 0, 0);
    job->result = 0;
}

static void run(void *arg)
{
    struct job *job = arg;
    sem_wait(&job->go);
    job->result = 42;
}

static void discard(void *arg)
{
    struct job *job = arg;
    job->result = -1;
    sem_post(&job->discarded);
}

static struct courier *send_off(struct job *job)
{
    char err[ERR_MAX];
    struct courier *c = courier_send(&(struct errand){run, discard, job}, err);

    assert_non_null(c);
    return c;
}

static void assert_discarded(struct job *job)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_sec += LONG_MS / 1000;
    assert_int_equal(sem_timedwait(&job->discarded, &t), 0);
    assert_int_equal(job->result, -1);
}

static void an_errand_comes_back(void **state)
{
    struct job job;
    (void)state;

    job_init(&job);
    struct courier *c = send_off(&job);
    assert_true(courier_fd(c) >= 0);
    assert_false(courier_wait(c, 0));
    sem_post(&job.go);
    assert_true(courier_wait(c, LONG_MS));
    assert_true(courier_wait(c, 0)); /* looking does not take it */
    assert_ptr_equal(courier_take(c), &job);
    assert_int_equal(job.result, 42);
}

static void a_forgotten_errand_is_discarded_when_it_ends(void **state)
{
    struct job job;
    (void)state;

    job_init(&job);
    courier_forget(send_off(&job));
    assert_int_equal(sem_trywait(&job.discarded), -1);
    sem_post(&job.go);
    assert_discarded(&job);
}

static void an_errand_forgotten_after_it_ended_is_discarded_too(void **state)
{
    struct job job;
    (void)state;

    job_init(&job);
    struct courier *c = send_off(&job);
    sem_post(&job.go);
    assert_true(courier_wait(c, LONG_MS));
    courier_forget(c);
    assert_discarded(&job);
}

static void look_at_signals(void *arg)
{
    sigset_t now;
    struct job *job = arg;

    pthread_sigmask(SIG_BLOCK, NULL, &now);
    job->result = sigismember(&now, SIGTERM) == 1 && sigismember(&now, SIGCHLD) == 1;
}

static void signals_stay_with_the_loop(void **state)
{
    struct job job;
    char err[ERR_MAX];
    sigset_t now;
    (void)state;

    job_init(&job);
    struct courier *c = courier_send(&(struct errand){look_at_signals, discard, &job}, err);
    assert_non_null(c);
    assert_true(courier_wait(c, LONG_MS));
    courier_take(c);
    assert_int_equal(job.result, 1);
    pthread_sigmask(SIG_BLOCK, NULL, &now);
    assert_int_equal(sigismember(&now, SIGTERM), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_errand_comes_back),
        cmocka_unit_test(a_forgotten_errand_is_discarded_when_it_ends),
        cmocka_unit_test(an_errand_forgotten_after_it_ended_is_discarded_too),
        cmocka_unit_test(signals_stay_with_the_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
