#version 450
// y[r, j] = x[r, i] where have[i] = wanted[j]; 0 where no column is called so. Names rise. Without names a column is called
// after its place.
#include "common.glsl"
layout(local_size_x = 64) in;
layout(constant_id = 0) const bool NAMED = true;
layout(set = 0, binding = 0, std430) readonly buffer X { float x[]; };
layout(set = 0, binding = 1, std430) readonly buffer Have { uint have[]; };
layout(set = 0, binding = 2, std430) readonly buffer Wanted { uint wanted[]; };
layout(set = 0, binding = 3, std430) writeonly buffer Y { float y[]; };
layout(push_constant) uniform Constants {
    uint n; // elements of y
    uint columns;
    uint wanted_columns;
};

void main() {
    uint at = invocation_index();
    if (at >= n) {
        return;
    }
    uint row = at / wanted_columns;
    uint name = wanted[at % wanted_columns];
    uint place = name;
    bool found = name < columns;
    if (NAMED) {
        // The first place whose name is not below the wanted one.
        place = 0;
        uint end = columns;
        [[loop]] while (place < end) {
            uint middle = (place + end) / 2;
            if (have[middle] < name) {
                place = middle + 1;
            } else {
                end = middle;
            }
        }
        found = place < columns && have[min(place, columns - 1)] == name;
    }
    y[at] = found ? x[row * columns + min(place, columns - 1)] : 0.0;
}
