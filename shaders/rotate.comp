#version 450
// In each head of width 2 half the pair (x[i], x[half + i]) is turned by the angle whose cosine and sine stand in the row of the
// table that the position names. Su et al., arXiv:2104.09864. One invocation turns four neighbouring pairs.
#include "common.glsl"
#include "quads.glsl"
layout(local_size_x = 64) in;
layout(constant_id = 0) const bool ALIGNED = true; // the half width is a multiple of four
layout(constant_id = 1) const bool INVERSE = false;
INPUT(0, x)
INPUT(1, table)
layout(set = 0, binding = 2, std430) readonly buffer Positions { uint positions[]; };
OUTPUT(3, y) // may be x itself: both sides of a pair are read before either is written
layout(push_constant) uniform Constants {
    uint rows;      // of this window
    uint first_row; // of the window in the whole tensor
    uint heads;
    uint half_width;
};

// Four columns from the given one on, with zeros beyond the half's end.
#define LOADER(name) \
    vec4 load_##name(uint at, uint count) { \
        if (ALIGNED) { return QUAD(name, at / 4); } \
        vec4 value = vec4(0); \
        [[unroll]] for (uint i = 0; i < 4; i++) { if (i < count) { value[i] = ELEMENT(name, at + i); } } \
        return value; \
    }
LOADER(x)
LOADER(table)

void store_y(uint at, uint count, vec4 value) {
    if (ALIGNED) {
        y4[at / 4] = value;
        return;
    }
    [[unroll]] for (uint i = 0; i < 4; i++) { if (i < count) { y[at + i] = value[i]; } }
}

void main() {
    uint quads = (half_width + 3) / 4;
    uint place = invocation_index();
    uint head = place / quads; // counted through all rows
    if (head >= rows * heads) {
        return;
    }
    uint column = place % quads * 4;
    uint count = half_width - column;
    uint angle = positions[first_row + head / heads] * 2 * half_width + column;
    vec4 cosine = load_table(angle, count);
    vec4 sine = load_table(angle + half_width, count) * (INVERSE ? -1.0 : 1.0);
    uint at = head * 2 * half_width + column;
    vec4 a = load_x(at, count);
    vec4 b = load_x(at + half_width, count);
    store_y(at, count, a * cosine - b * sine);
    store_y(at + half_width, count, a * sine + b * cosine);
}
