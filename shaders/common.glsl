// What every kernel uses.
#extension GL_EXT_control_flow_attributes : require

// The host folds a long row of workgroups into two dimensions; this is the place in the row.
uint group_index() {
    return gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x;
}

// A macro, because in a function before the kernel's layout gl_WorkGroupSize would silently be 1.
#define invocation_index() (group_index() * gl_WorkGroupSize.x + gl_LocalInvocationID.x)
