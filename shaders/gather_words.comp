#version 450
// y[t] = table[ids[t]] of integers, for the ids that lie in the window of table rows which is bound. One workgroup a row. Not by
// gather_rows: two 16-bit floats in a word may look like a float that a device takes for zero.
#include "common.glsl"
layout(local_size_x = 64) in;
layout(set = 0, binding = 0, std430) readonly buffer Table { uint table[]; };
layout(set = 0, binding = 1, std430) readonly buffer Ids { uint ids[]; };
layout(set = 0, binding = 2, std430) writeonly buffer Y { uint y[]; };
layout(push_constant) uniform Constants {
    uint rows;
    uint columns;
    uint first_row; // of the window
    uint window_rows;
};

void main() {
    uint row = group_index();
    if (row >= rows) {
        return;
    }
    uint id = ids[row];
    if (id < first_row || id >= first_row + window_rows) {
        return;
    }
    for (uint c = gl_LocalInvocationID.x; c < columns; c += 64) {
        y[row * columns + c] = table[(id - first_row) * columns + c];
    }
}
