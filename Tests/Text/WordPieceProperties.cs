using CsCheck;

namespace VkSparseGrad.Tests.Text;

[TestClass]
public sealed class WordPieceProperties
{
    // Whole vocabulary words beside any UTF-16 at all, halves of surrogate pairs included.
    private static readonly Gen<string> Text = Gen.OneOf(
        AnyOf(VocW.Tokens),
        AnyOf(" ", "\t", "##", "[SEP", "\u0301", "\u200D", "한"),
        Gen.Char.Select(character => character.ToString())).Array[0, 12].Select(string.Concat);

    [TestMethod]
    public void Any_text_keeps_the_limit_and_the_vocabulary() =>
        Gen.Select(Text, Text, Gen.Bool, Gen.Int[3, 20]).Sample((text, pair, isPair, limit) =>
        {
            var encoding = VocW.Uncased.Encode(text, isPair ? pair : null, limit);

            return encoding.Ids.Length <= limit
                && encoding.Ids.Length == encoding.TokenTypes.Length
                && encoding.Ids.All(id => id >= 0 && id < VocW.Tokens.Length)
                && encoding.Ids[0] == 2 && encoding.Ids[^1] == 3;
        });

    [TestMethod]
    public void Cutting_keeps_the_start() =>
        Gen.Select(Text, Gen.Int[2, 20]).Sample((text, limit) =>
        {
            var whole = VocW.Uncased.Words(text);
            var cut = VocW.Uncased.Encode(text, null, limit);

            return cut.Ids[1..^1].SequenceEqual(whole.Take(limit - 2)) && cut.IsTruncated == (whole.Length > limit - 2);
        });

    [TestMethod]
    public void White_space_around_and_between_changes_nothing() =>
        Gen.Select(Text, Text).Sample((one, other) =>
            VocW.Uncased.Words($"{one} {other}").SequenceEqual(VocW.Uncased.Words($"\t{one}\n\n{other} ")));

    private static Gen<string> AnyOf(params string[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);
}
