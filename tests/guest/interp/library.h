/* The library that linked.c needs. */
#ifndef GUEST_LIBRARY_H
#define GUEST_LIBRARY_H

#include <stdint.h>

enum { LIBRARY_ROOM = 20000 };

extern __thread int library_variable; /* begins with 5 */
extern int library_copied[3];         /* 7, 8, 9 */
extern int library_began;             /* what its constructor saw: the program's own number */

int *library_variable_address(void);
long library_hidden(long add); /* begins with 11 */
int library_add(int a, int b);
int library_indirect(void); /* chosen by the next */
int (*library_choose(void))(void);
int library_first_copied(void);
char *library_room(void); /* LIBRARY_ROOM zeroes */
const char *const *library_constants(void);
void *library_of_itself(void); /* library_add's address, as the library has it */

void *library_text(void); /* an address in its text */

/* Of the program, and the library's if the program had none. */
int program_number(void);

#endif
