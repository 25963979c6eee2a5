#version 450
// y[c, r] = x[r, c], rows of y filled up with zeros to whole quads, what lies behind these left as it is; or, with TRANSPOSE off, y[r, c] = x[r, c] padded
// alike. One invocation makes a 4 x 4 block of y.
#include "common.glsl"
#include "quads.glsl"
layout(local_size_x = 64) in;
layout(constant_id = 0) const bool TRANSPOSE = true;
layout(constant_id = 1) const bool ALIGNED = true; // columns of x are a multiple of four
INPUT(0, x)
OUTPUT(1, y)
layout(push_constant) uniform Constants {
    uint rows; // of x
    uint columns;
    uint stride; // quads from one row of y to the next
};

vec4 load_row(uint row, uint quad) {
    if (row >= rows) {
        return vec4(0);
    }
    if (ALIGNED) {
        return QUAD(x, row * (columns / 4) + quad);
    }
    vec4 value = vec4(0);
    [[unroll]] for (uint i = 0; i < 4; i++) {
        if (quad * 4 + i < columns) { value[i] = ELEMENT(x, row * columns + quad * 4 + i); }
    }
    return value;
}

void main() {
    uint quad_rows = (rows + 3) / 4;
    uint quad_columns = (columns + 3) / 4;
    uint block = invocation_index();
    if (block >= quad_rows * quad_columns) {
        return;
    }
    uint quad = block % quad_columns;
    uint row = block / quad_columns * 4;
    vec4 r0 = load_row(row, quad);
    vec4 r1 = load_row(row + 1, quad);
    vec4 r2 = load_row(row + 2, quad);
    vec4 r3 = load_row(row + 3, quad);
    if (TRANSPOSE) {
        uint left = columns - quad * 4;
        uint at = quad * 4 * stride + row / 4;
        y4[at] = vec4(r0.x, r1.x, r2.x, r3.x);
        if (left > 1) { y4[at + stride] = vec4(r0.y, r1.y, r2.y, r3.y); }
        if (left > 2) { y4[at + 2 * stride] = vec4(r0.z, r1.z, r2.z, r3.z); }
        if (left > 3) { y4[at + 3 * stride] = vec4(r0.w, r1.w, r2.w, r3.w); }
    } else {
        uint at = row * stride + quad;
        y4[at] = r0;
        if (row + 1 < rows) { y4[at + stride] = r1; }
        if (row + 2 < rows) { y4[at + 2 * stride] = r2; }
        if (row + 3 < rows) { y4[at + 3 * stride] = r3; }
    }
}
