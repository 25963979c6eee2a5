#version 450
// y[t] = table[ids[t]], for the ids that lie in the window of table rows which is bound. One workgroup a row.
#include "common.glsl"
layout(local_size_x = 64) in;
layout(constant_id = 0) const bool ACCUMULATE = false;
layout(set = 0, binding = 0, std430) readonly buffer Table { float table[]; };
layout(set = 0, binding = 1, std430) readonly buffer Ids { uint ids[]; };
layout(set = 0, binding = 2, std430) buffer Y { float y[]; };
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
        float value = table[(id - first_row) * columns + c];
        uint at = row * columns + c;
        y[at] = ACCUMULATE ? y[at] + value : value;
    }
}
