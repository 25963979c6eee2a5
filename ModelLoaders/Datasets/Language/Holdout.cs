using VkSparseGrad.Training;

namespace VkSparseGrad.ModelLoaders.Datasets.Language;

/// <summary>Which sources of a data set are kept for validation.</summary>
internal static class Holdout
{
    /// <summary>Parts sources, whole, by a share and a seed alone; both parts keep the order.</summary>
    /// <remarks>Of two sources or more each part gets at least one, if any share is asked for.</remarks>
    public static (IReadOnlyList<T> Training, IReadOnlyList<T> Validation) Split<T>(IReadOnlyList<T> sources, double share, ulong seed)
    {
        if (share == 0 || sources.Count < 2)
            return (sources, []);
        var count = Math.Clamp((int)Math.Round(share * sources.Count), 1, sources.Count - 1);
        var held = EpochShuffle.Order(sources.Count, seed, epoch: 0).Take(count).ToHashSet();
        return ([.. sources.Where((_, index) => !held.Contains(index))], [.. sources.Where((_, index) => held.Contains(index))]);
    }
}
