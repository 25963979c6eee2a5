using VkSparseGrad.ModelLoaders.Safetensors;

namespace VkSparseGrad.ModelLoaders.HuggingFace;

/// <summary>Compares two tensors that the configuration says are one.</summary>
internal static class TiedWeights
{
    private const int ElementsAtOnce = 1 << 14;

    /// <exception cref="ModelFolderException">They differ in shape or in a value.</exception>
    public static void RequireEqual(WeightFiles files, SafetensorsTensor weight, SafetensorsTensor copy)
    {
        string both = $"'{copy.Name}' and '{weight.Name}'";
        string file = files.FileOf(copy.Name).Path;
        if (!copy.Type.IsFloat() || !copy.Shape.SequenceEqual(weight.Shape))
        {
            throw new ModelFolderException(file, $"{both} are one weight by {ConfigFile.FileName} (tie_word_embeddings), but {copy.Type.Name()} " +
                $"{Printable.Shape(copy.Shape)} and {weight.Type.Name()} {Printable.Shape(weight.Shape)} in the file; correct the configuration or remove the first");
        }

        float[] values = new float[ElementsAtOnce], copies = new float[ElementsAtOnce];
        for (long done = 0; done < weight.ElementCount; done += ElementsAtOnce)
        {
            int count = (int)Math.Min(weight.ElementCount - done, ElementsAtOnce);
            files.FileOf(weight.Name).ReadFloats(weight.Name, values.AsSpan(0, count), done);
            files.FileOf(copy.Name).ReadFloats(copy.Name, copies.AsSpan(0, count), done);
            if (values.AsSpan(0, count).CommonPrefixLength(copies.AsSpan(0, count)) is var same && same < count)
            {
                throw new ModelFolderException(file, $"{both} are one weight by {ConfigFile.FileName} (tie_word_embeddings), but differ at element " +
                    $"{done + same}; correct the configuration or remove the first");
            }
        }
    }
}
