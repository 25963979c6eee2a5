namespace VkSparseGrad.Layers;

/// <summary>What a linear layer's result goes through.</summary>
public enum Activation
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>y Φ(y). Hendrycks and Gimpel, arXiv:1606.08415.</summary>
    Gelu,
}
