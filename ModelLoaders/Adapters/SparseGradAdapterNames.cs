namespace VkSparseGrad.ModelLoaders.Adapters;

/// <summary>The names of an adapter's own tensors; see <see cref="SparseGradAdapter"/> for what they hold.</summary>
internal static class SparseGradAdapterNames
{
    public static string Indices(string weight) => weight + ".sparse_indices";

    public static string Values(string weight) => weight + ".sparse_values";

    public static string OutputBasis(string kind) => $"basis.{kind}.output";

    public static string InputBasis(string kind) => $"basis.{kind}.input";
}
