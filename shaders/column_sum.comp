#version 450
// total[chunk, c] = sum over the chunk's rows of a[r, c], or of a[r, c] b[r, c]. A workgroup sums some quads of columns, an
// invocation every so many of the chunk's rows; where there are several chunks a second pass over them gives the whole.
#include "common.glsl"
#include "quads.glsl"
layout(local_size_x_id = 4, local_size_y_id = 5) in; // quads of columns, a power of two of rows
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
shared vec4 parts[gl_WorkGroupSize.y][gl_WorkGroupSize.x];

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
    uvec2 own = gl_LocalInvocationID.xy;
    uint quad = gl_WorkGroupID.x * gl_WorkGroupSize.x + own.x;
    uint chunk = gl_WorkGroupID.y;
    vec4 sum = vec4(0);
    uint end = quad * 4 < columns ? min(rows, (chunk + 1) * chunk_rows) : 0;
    uint stride = gl_WorkGroupSize.y;
    for (uint row = chunk * chunk_rows + own.y; row < end; row += AHEAD * stride) {
        vec4 terms[AHEAD];
        [[unroll]] for (uint i = 0; i < AHEAD; i++) { terms[i] = row + i * stride < end ? term(row + i * stride, quad) : vec4(0); }
        [[unroll]] for (uint i = 0; i < AHEAD; i++) { sum += terms[i]; }
    }
    if (gl_WorkGroupSize.y > 1) {
        parts[own.y][own.x] = sum;
        for (uint half_size = gl_WorkGroupSize.y / 2; half_size > 0; half_size /= 2) {
            barrier();
            if (own.y < half_size) { parts[own.y][own.x] += parts[own.y + half_size][own.x]; }
        }
        sum = parts[own.y][own.x];
    }
    if (own.y > 0 || quad * 4 >= columns) {
        return;
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
