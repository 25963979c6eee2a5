using System.Globalization;

namespace VkSparseGrad.Cli.Train;

/// <summary>Which blocks of a model are adapted, as the command line says it: all, those whose number is divisible by one, or some
/// by their numbers.</summary>
/// <param name="Text">As it was written.</param>
internal sealed record BlockList(string Text)
{
    /// <summary>What may be written, for messages.</summary>
    public const string Forms = "all, %N for the blocks whose number is divisible by N, or numbers from 0 with commas between, such as 0,3,6";

    private const string Every = "all";

    public static BlockList All { get; } = new(Every);

    /// <summary>Reads it, or returns null where it is none of the forms.</summary>
    public static BlockList? Parse(string text)
    {
        bool isValid = text == Every ||
            (text.StartsWith('%') ? Number(text[1..]) is > 0 : text.Split(',').All(part => Number(part) is not null));
        return isValid ? new BlockList(text) : null;
    }

    /// <summary>Their numbers in a model; null for all. Whether it has those that are named is the model's to say.</summary>
    public IReadOnlyList<int>? Of(int blocks)
    {
        if (Text == Every)
            return null;
        return Text.StartsWith('%')
            ? [.. Enumerable.Range(0, blocks).Where(block => block % Number(Text[1..])!.Value == 0)]
            : [.. Text.Split(',').Select(part => Number(part)!.Value)];
    }

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
}
