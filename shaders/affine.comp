#version 450
// y = x gain + bias, column by column
#include "rows.glsl"
INPUT(0, x)
INPUT(1, gain)
INPUT(2, bias)
OUTPUT(3, y)
LOADER(x)
LOADER(gain)
LOADER(bias)
STORER(y)
layout(push_constant) uniform Constants {
    uint rows;
    uint columns;
};

void main() {
    uint row = group_index();
    if (row >= rows) {
        return;
    }
    uint quads = (columns + 3) / 4;
    for (uint quad = gl_LocalInvocationID.x; quad < quads; quad += gl_WorkGroupSize.x) {
        store_y(row, quad, columns, load_x(row, quad, columns) * load_gain(0, quad, columns) + load_bias(0, quad, columns));
    }
}
