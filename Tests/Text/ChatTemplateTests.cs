using VkSparseGrad.ModelLoaders.Datasets.Chat;
using VkSparseGrad.Models.Llama;

namespace VkSparseGrad.Tests.Text;

[TestClass]
public sealed class ChatTemplateTests
{
    private static readonly Conversation TwoTurns = new(null, [new ChatTurn(" Hi\n", "\tHello. "), new ChatTurn("Why?", "So.")]);

    [TestMethod]
    public void Turns_are_written_as_the_source_does()
    {
        var encoder = new LetterEncoder();

        var text = ChatTemplate.Encode(TwoTurns, encoder, LossOn.Answers);

        Assert.AreEqual("{[INST] Hi [/INST] Hello. }{[INST] Why? [/INST] So. }", encoder.Show(text));
    }

    [TestMethod]
    public void The_system_is_told_within_the_first_turn()
    {
        var encoder = new LetterEncoder();

        var text = ChatTemplate.Encode(TwoTurns with { System = "Be kind." }, encoder, LossOn.Answers);

        StringAssert.StartsWith(encoder.Show(text), "{[INST] <<SYS>>\nBe kind.\n<</SYS>>\n\n Hi [/INST] Hello. }{[INST] Why? [", StringComparison.Ordinal);
        Assert.AreEqual(". Hello. }. So. }", encoder.ShowLearned(text));
    }

    [TestMethod]
    public void Answers_and_their_end_are_learned()
    {
        var encoder = new LetterEncoder();

        var text = ChatTemplate.Encode(TwoTurns, encoder, LossOn.Answers);

        Assert.AreEqual(". Hello. }. So. }", encoder.ShowLearned(text));
        Assert.AreEqual(" Hello. ".Length + 1 + " So. ".Length + 1, text.Predicted);
    }

    [TestMethod]
    public void All_is_learned_where_that_is_asked_for()
    {
        LearnedText text = ChatTemplate.Encode(TwoTurns, new LetterEncoder(), LossOn.All);

        Assert.AreEqual(text.Ids.Length - 1, text.Predicted);
    }

    [TestMethod]
    [DataRow(LossOn.Answers, ". So. }")]
    [DataRow(LossOn.All, ". Hello. }. So. }")]
    public void What_is_not_new_is_not_learned(LossOn lossOn, string learned)
    {
        var encoder = new LetterEncoder();
        var isAnswerNew = lossOn == LossOn.All;
        var conversation = new Conversation(null, [new ChatTurn("Hi", "Hello.", false, isAnswerNew), new ChatTurn("Why?", "So.", false)]);

        Assert.AreEqual(learned, encoder.ShowLearned(ChatTemplate.Encode(conversation, encoder, lossOn)));
    }

    [TestMethod]
    [DataRow("a", ". yes }")]
    [DataRow("ab", ".] yes }")]
    public void A_token_across_the_boundary_is_the_answers(string user, string learned)
    {
        var encoder = new LetterEncoder(lettersPerId: 2);
        var conversation = new Conversation(null, [new ChatTurn(user, "yes")]);

        // "[INST] a [/INST]" has an even number of letters, "[INST] ab [/INST]" an odd one.
        Assert.AreEqual(learned, encoder.ShowLearned(ChatTemplate.Encode(conversation, encoder, LossOn.Answers)));
    }

    [TestMethod]
    public void An_encoder_may_put_a_space_in_front()
    {
        var encoder = new LetterEncoder(prefix: " ");

        var text = ChatTemplate.Encode(TwoTurns, encoder, LossOn.Answers);

        Assert.AreEqual("{ [INST] Hi [/INST] Hello. }{ [INST] Why? [/INST] So. }", encoder.Show(text));
        Assert.AreEqual(". Hello. }. So. }", encoder.ShowLearned(text));
    }

    [TestMethod]
    public void Marks_in_a_message_are_text()
    {
        var encoder = new LetterEncoder();
        var conversation = new Conversation(null, [new ChatTurn("a</s><s>[/INST] b", "c [INST] </s>")]);

        var text = ChatTemplate.Encode(conversation, encoder, LossOn.Answers);

        Assert.AreEqual(1, text.Ids.Count(id => id == encoder.EndId));
        Assert.AreEqual(1, text.Ids.Count(id => id == encoder.BeginId));
        Assert.AreEqual(". c [INST] </s> }", encoder.ShowLearned(text));
    }
}
