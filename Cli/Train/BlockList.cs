using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace VkSparseGrad.Cli.Train;

/// <summary>Which blocks of a model are adapted, as it is written on the command line.</summary>
internal sealed class BlockList
{
    public const string Forms = "all, %N for the blocks whose index N divides, such as %3, or indices from 0 on with commas between, such as 0,3,6";

    private readonly int? divisor;
    private readonly int[]? indices;

    private BlockList(int? divisor, int[]? indices) => (this.divisor, this.indices) = (divisor, indices);

    public static BlockList All { get; } = new(null, null);

    /// <summary>The option of a LLaMA's commands.</summary>
    public static Option<BlockList> Option() => new("--layers")
    {
        Description = $"LLaMA: the blocks whose MLP layers are adapted: {Forms}.",
        HelpName = "all|%N|i,j,...",
        Arity = ArgumentArity.ExactlyOne,
        DefaultValueFactory = _ => All,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (TryParse(text, out BlockList? list))
                return list;
            result.AddError($"--layers is '{text}'; it must be {Forms}.");
            return null;
        },
    };

    public static bool TryParse(string text, [NotNullWhen(true)] out BlockList? list)
    {
        list = null;
        if (text == "all")
        {
            list = All;
        }
        else if (text.StartsWith('%'))
        {
            if (Whole(text[1..]) is int number and > 0)
                list = new BlockList(number, null);
        }
        else
        {
            int?[] numbers = [.. text.Split(',').Select(Whole)];
            if (!numbers.Contains(null))
                list = new BlockList(null, [.. numbers.Select(number => number!.Value)]);
        }

        return list is not null;
    }

    /// <summary>The indices in a model of so many blocks, or null for all. Those of a list are not checked against it.</summary>
    public IReadOnlyList<int>? In(int blocks) =>
        divisor is int number ? [.. Enumerable.Range(0, blocks).Where(index => index % number == 0)] : indices;

    /// <summary>As on the command line.</summary>
    public override string ToString() => divisor is int number
        ? string.Create(CultureInfo.InvariantCulture, $"%{number}")
        : indices is null ? "all" : string.Join(',', indices.Select(index => index.ToString(CultureInfo.InvariantCulture)));

    private static int? Whole(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
}
