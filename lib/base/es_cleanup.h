/* es_cleanup.h -- scope-bound cleanup and explicit moves. */
#ifndef ES_CLEANUP_H
#define ES_CLEANUP_H

/* ES_CLEANUP(fn) T *x: calls fn(&x) when the scope is left. */
#define ES_CLEANUP(fn) __attribute__((cleanup(fn)))

/* Moves a pointer out of a variable that has a cleanup: gives its value and leaves NULL. */
/* clang-format off */
#define ES_TAKE(ptr) __extension__({ __typeof__(ptr) es_taken_ = (ptr); (ptr) = NULL; es_taken_; })
/* clang-format on */

#define ES_COUNT(array) (sizeof(array) / sizeof(*(array)))

#define ES_UNUSED __attribute__((unused))

#endif
