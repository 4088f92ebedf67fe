/*
 * The frames between nodecall and noded: one call is one TCP connection. A frame is its type (one
 * byte), its length (u32, big-endian, at most FRAME_MAX) and so many bytes.
 */
#ifndef CGWHA_TESTS_LAB_FRAME_H
#define CGWHA_TESTS_LAB_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define FRAME_MAX  65536
#define FRAME_HEAD 5

enum frame_type {
    FRAME_ARGS = 'A',   /* to the node, first and once: argv, each with its NUL */
    FRAME_INPUT = 'I',  /* to the node: standard input; empty: no more of it */
    FRAME_OUTPUT = 'O', /* from the node: standard output */
    FRAME_ERROR = 'E',  /* from the node: standard error */
    FRAME_EXIT = 'X',   /* from the node, last: one byte, the status as a shell has it */
};

/* Sends one frame, blocking. 0, or -1 with errno. */
int frame_send(int fd, enum frame_type type, const void *bytes, size_t len);

/* Receives one frame into bytes[FRAME_MAX], blocking. 1, 0 at the end of the stream, or -1 when the
 * stream breaks off inside a frame or breaks the rules. */
int frame_receive(int fd, uint8_t *type, uint8_t *bytes, size_t *len);

/* Writes all, blocking. 0, or -1 with errno. */
int write_all(int fd, const void *bytes, size_t len);

#endif
