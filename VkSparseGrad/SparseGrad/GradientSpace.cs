namespace VkSparseGrad.SparseGrad;

/// <summary>A space in which the gradient G = ∂L/∂W [D_out, D_in] of a weight is looked at. All three have the same ‖·‖.</summary>
public enum GradientSpace
{
    /// <summary>G, as it is.</summary>
    Original,

    /// <summary>Qᵀ G Pᵀ: as the code that was published with the paper multiplies, with P transposed on the input side.</summary>
    AsPublished,

    /// <summary>C = Qᵀ G P: in the bases of SparseGrad.</summary>
    Rotated,
}
