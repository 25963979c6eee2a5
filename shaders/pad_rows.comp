#version 450
// y[r, c] = x[r, c], rows of y filled up with zeros to whole quads, what lies behind these left as it is. One invocation makes a quad.
#include "common.glsl"
#include "quads.glsl"
layout(local_size_x = 64) in;
layout(constant_id = 0) const bool ALIGNED = true; // columns of x are a multiple of four
INPUT(0, x)
OUTPUT(1, y)
layout(push_constant) uniform Constants {
    uint rows; // of x
    uint columns;
    uint stride; // quads from one row of y to the next
};

void main() {
    uint quad_columns = (columns + 3) / 4;
    uint index = invocation_index();
    uint row = index / quad_columns, quad = index % quad_columns;
    if (row >= rows) {
        return;
    }
    vec4 value = vec4(0);
    if (ALIGNED) {
        value = QUAD(x, index);
    } else {
        [[unroll]] for (uint i = 0; i < 4; i++) {
            if (quad * 4 + i < columns) { value[i] = ELEMENT(x, row * columns + quad * 4 + i); }
        }
    }
    y4[row * stride + quad] = value;
}
