using VkSparseGrad.Models;
using VkSparseGrad.Models.Llama;

namespace VkSparseGrad.Planning;

/// <summary>Examples of which only the lengths matter. Their ids differ from each other as far as the vocabulary goes, since the
/// gradient of an embedding keeps a list of those it meets.</summary>
internal static class PlannedExamples
{
    public static TokenizedExample[] Labelled(int count, int length, int vocabulary)
    {
        var example = new TokenizedExample(Ids(length, vocabulary), new int[length], 0);
        return [.. Enumerable.Repeat(example, count)];
    }

    /// <summary>Every token that has one in front is predicted.</summary>
    public static TextBlock[] Texts(int count, int length, int vocabulary)
    {
        var text = new TextBlock([LearnedText.Whole(Ids(length, vocabulary))]);
        return [.. Enumerable.Repeat(text, count)];
    }

    private static int[] Ids(int length, int vocabulary) => [.. Enumerable.Range(0, length).Select(at => at % vocabulary)];
}
