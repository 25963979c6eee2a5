// What the invocations of a subgroup do together. A workgroup is one subgroup in every kernel that includes this. Included
// behind the layout of the workgroup, whose size it uses, and used in uniform control flow only.
//
// Values that lanes read from each other many times are handed round: HANDS declares a number of them a lane, HAND is the
// lane's own i-th, to be written between begin_hands and end_hands, and HANDED reads another lane's until the next begin_hands.
#ifndef SHARED_SUBGROUPS
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_arithmetic : require
#extension GL_KHR_shader_subgroup_shuffle : require
#define HANDS(type, name, count) type name[count];
#define HAND(name, i) name[i]
#define HANDED(name, i, lane) subgroupShuffle(name[i], lane)
void begin_hands() {}
void end_hands() {}
#else
// For devices without these operations: the same through shared memory, with every workgroup for a subgroup.
#define HANDS(type, name, count) shared type name[(count) * gl_WorkGroupSize.x];
#define HAND(name, i) name[(i) * gl_WorkGroupSize.x + gl_LocalInvocationID.x]
#define HANDED(name, i, lane) name[(i) * gl_WorkGroupSize.x + (lane)]
void begin_hands() { barrier(); }
void end_hands() { barrier(); }

// As integers, whose bits no device touches on the way.
shared uvec4 subgroup_values[128];

void subgroup_share(uvec4 x) {
    barrier(); // an earlier operation may still be read
    subgroup_values[gl_LocalInvocationID.x] = x;
    barrier();
}

void subgroup_share(float x) {
    subgroup_share(uvec4(floatBitsToUint(x)));
}

float subgroup_value(uint lane) {
    return uintBitsToFloat(subgroup_values[lane].x);
}

float subgroup_add(float x) {
    subgroup_share(x);
    float total = 0.0;
    for (uint i = 0; i < gl_WorkGroupSize.x; i++) { total += subgroup_value(i); }
    return total;
}

float subgroup_max(float x) {
    subgroup_share(x);
    float largest = subgroup_value(0);
    for (uint i = 1; i < gl_WorkGroupSize.x; i++) { largest = max(largest, subgroup_value(i)); }
    return largest;
}

// The sum over the first `count` invocations.
uvec2 subgroup_add_first(uvec2 x, uint count) {
    subgroup_share(x.xyxy);
    uvec2 total = uvec2(0);
    for (uint i = 0; i < count; i++) { total += subgroup_values[i].xy; }
    return total;
}

uvec2 subgroup_add(uvec2 x) {
    return subgroup_add_first(x, gl_WorkGroupSize.x);
}

uvec2 subgroup_exclusive_add(uvec2 x) {
    return subgroup_add_first(x, gl_LocalInvocationID.x);
}

#define subgroupAdd subgroup_add
#define subgroupMax subgroup_max
#define subgroupExclusiveAdd subgroup_exclusive_add
#endif
