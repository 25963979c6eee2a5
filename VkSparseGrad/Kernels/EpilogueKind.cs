namespace VkSparseGrad.Kernels;

/// <summary>The epilogues there are; matmul_tile knows them by these numbers.</summary>
internal enum EpilogueKind
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary><see cref="Epilogue.Gelu"/>.</summary>
    Gelu,

    /// <summary><see cref="Epilogue.GeluBackward"/>.</summary>
    GeluBackward,
}
