#version 450
// total[chunk, c] = sum over the chunk's rows of a[r, c], or of a[r, c] b[r, c]. One invocation sums four columns of one
// chunk; a second pass over the chunks gives the whole.
#include "common.glsl"
#include "quads.glsl"
layout(local_size_x = 64) in;
layout(constant_id = 0) const bool HAS_FACTOR = false;
layout(constant_id = 1) const bool ACCUMULATE = false;
layout(constant_id = 2) const bool ALIGNED = true;
layout(constant_id = 3) const uint AHEAD = 16; // rows that are read before they are added, so that a GPU need not wait for each
INPUT(0, a)
INPUT(1, b)
OUTPUT(2, total)
layout(push_constant) uniform Constants {
    uint rows;
    uint columns;
    uint chunk_rows;
};

vec4 term(uint row, uint quad) {
    if (ALIGNED) {
        uint i = row * (columns / 4) + quad;
        return HAS_FACTOR ? QUAD(a, i) * QUAD(b, i) : QUAD(a, i);
    }
    vec4 value = vec4(0);
    [[unroll]] for (uint i = 0; i < 4; i++) {
        if (quad * 4 + i < columns) {
            uint at = row * columns + quad * 4 + i;
            value[i] = HAS_FACTOR ? ELEMENT(a, at) * ELEMENT(b, at) : ELEMENT(a, at);
        }
    }
    return value;
}

void main() {
    uint quad = gl_WorkGroupID.x * 64 + gl_LocalInvocationID.x;
    uint chunk = gl_WorkGroupID.y;
    if (quad * 4 >= columns) {
        return;
    }
    vec4 sum = vec4(0);
    uint end = min(rows, (chunk + 1) * chunk_rows);
    for (uint row = chunk * chunk_rows; row < end; row += AHEAD) {
        vec4 terms[AHEAD];
        [[unroll]] for (uint i = 0; i < AHEAD; i++) { terms[i] = row + i < end ? term(row + i, quad) : vec4(0); }
        [[unroll]] for (uint i = 0; i < AHEAD; i++) { sum += terms[i]; }
    }
    if (ALIGNED) {
        uint at = chunk * (columns / 4) + quad;
        total4[at] = ACCUMULATE ? total4[at] + sum : sum;
        return;
    }
    [[unroll]] for (uint i = 0; i < 4; i++) {
        if (quad * 4 + i < columns) {
            uint at = chunk * columns + quad * 4 + i;
            total[at] = ACCUMULATE ? total[at] + sum[i] : sum[i];
        }
    }
}
