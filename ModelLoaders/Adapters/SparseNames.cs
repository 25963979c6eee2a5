namespace VkSparseGrad.ModelLoaders.Adapters;

/// <summary>The names of the tensors that hold sparse changes; see <see cref="Adapter"/> for what they hold.</summary>
internal static class SparseNames
{
    public static string Indices(string weight) => weight + ".sparse_indices";

    public static string Values(string weight) => weight + ".sparse_values";

    public static string OutputBasis(string kind) => $"basis.{kind}.output";

    public static string InputBasis(string kind) => $"basis.{kind}.input";
}
