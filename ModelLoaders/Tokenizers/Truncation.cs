namespace VkSparseGrad.ModelLoaders.Tokenizers;

/// <summary>Shares out the room of a sequence between two texts.</summary>
internal static class Truncation
{
    /// <summary>How many tokens of each text stay: the longer one is cut first, down to the length of the other.</summary>
    /// <remarks>Where both are cut and the room is odd, the text that was longer gets the odd token, at equal lengths the second.</remarks>
    public static (int First, int Second) LongestFirst(int first, int second, int room)
    {
        if ((long)first + second <= room)
            return (first, second);
        var half = room / 2;
        var (shorter, longer) = Math.Min(first, second) <= half
            ? (Math.Min(first, second), room - Math.Min(first, second))
            : (half, room - half);
        return first > second ? (longer, shorter) : (shorter, longer);
    }
}
