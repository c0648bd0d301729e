"""Every term of the study notes, and a few more; the field's word for it, and where rnncli has it: a command and its
option, or the name of an array or an activation."""

GLOSSARY = (
    ("퍼셉트론", "perceptron", "lesson perceptron"),
    ("다층 퍼셉트론", "multi-layer perceptron", "train --cell mlp"),
    ("뉴런, 노드", "neuron, unit", "inspect MODEL unit 1:7"),
    ("가중치 W, 편향 b", "weight, bias", "inspect MODEL weights"),
    ("입력층", "input layer", "one-hot, or an embedding"),
    ("은닉층", "hidden layer", "train --layers N"),
    ("출력층", "output layer", "output.W, output.b"),
    ("심층 신경망 (DNN)", "deep neural network", "train --layers 3"),
    ("피드 포워드 신경망", "feed-forward network", "train --cell mlp"),
    ("활성화 함수", "activation function", "train --activation NAME"),
    ("선형, 비선형 함수", "linear, non-linear function", "lesson perceptron"),
    ("시그모이드, 탄젠트", "sigmoid, tanh", "lesson activations"),
    ("렐루, 리키", "ReLU, leaky ReLU", "lesson activations"),
    ("소프트맥스", "softmax", "lesson activations"),
    ("로짓", "logit", "lesson activations"),
    ("손실 함수", "loss function", "train --loss NAME"),
    ("평균 제곱 오차 (MSE)", "mean squared error", "train --loss mse"),
    ("크로스 엔트로피", "cross-entropy", "train --loss cross-entropy"),
    ("옵티마이저", "optimizer", "train --optimizer NAME"),
    ("경사 하강법", "gradient descent", "train --optimizer sgd"),
    ("모멘텀", "momentum", "train --optimizer momentum"),
    ("에포크", "epoch", "train --epochs N"),
    ("드롭아웃", "dropout", "train --dropout P"),
    ("순전파", "forward pass", "inspect MODEL step hell"),
    ("역전파", "back-propagation", "lesson backpropagation"),
    ("연쇄 법칙", "chain rule", "lesson backpropagation"),
    ("기울기", "gradient, slope", "inspect MODEL gradients"),
    ("기울기 소실 문제", "vanishing gradients", "lesson memory"),
    ("순환 신경망 (RNN)", "recurrent neural network", "train --cell rnn"),
    ("시퀀스", "sequence", "a text, or a line"),
    ("시점 t", "time step", "a character"),
    ("셀, 메모리 셀", "cell", "train --cell gru"),
    ("은닉 상태 h(t)", "hidden state", "l1.hidden"),
    ("W_xh", "input weights", "l1.W_x"),
    ("W_hh", "recurrent weights", "l1.W_h"),
    ("W_hy", "output weights", "output.W"),
    ("원-핫 벡터", "one-hot vector", "train --embedding-size 0"),
    ("단어 벡터", "embedding", "train --embedding-size N"),
    ("일 대 다", "one to many", "train --task generate"),
    ("다 대 일", "many to one", "train --task classify"),
    ("다 대 다", "many to many", "train --task translate"),
    ("깊은 순환 신경망", "deep recurrent network", "train --layers 2"),
    ("양방향 순환 신경망", "bidirectional network", "train --bidirectional"),
    ("단기 기억", "short-term memory", "inspect MODEL memory"),
    ("장기 상태 c", "cell state", "l1.cell"),
    ("LSTM", "long short-term memory", "lesson lstm"),
    ("삭제 게이트", "forget gate", "l1.forget"),
    ("입력 게이트", "input gate", "l1.input"),
    ("출력 게이트", "output gate", "l1.output"),
    ("GRU", "gated recurrent unit", "lesson gru"),
    ("리셋 게이트", "reset gate", "l1.reset"),
    ("업데이트 게이트", "update gate", "l1.update"),
)

EXPLAINED = {
    "inspect MODEL weights": "perceptron",
    "inspect MODEL unit": "perceptron",
    "train --cell mlp": "perceptron",
    "train --activation": "activations",
    "train --loss": "descent",
    "train --optimizer": "descent",
    "inspect MODEL step": "backpropagation",
    "inspect MODEL gradients": "backpropagation",
    "train --cell rnn": "rnn",
    "train --embedding-size": "rnn",
    "l1.hidden": "rnn",
    "l1.W": "rnn",
    "output.W": "rnn",
    "train --task": "arrangements",
    "train --layers 2": "arrangements",
    "train --bidirectional": "arrangements",
    "l1.reset": "gru",
    "l1.update": "gru",
    "l1.": "lstm",
    "inspect MODEL memory": "memory",
}
"""How a place begins, and the lesson that explains the terms there; the first that fits."""


def lesson_of(place: str) -> str | None:
    """The lesson that is a place, or explains the terms there."""
    if place.startswith("lesson "):
        return place.removeprefix("lesson ")
    return next((lesson for beginning, lesson in EXPLAINED.items() if place.startswith(beginning)), None)


CONVENTION = (
    "The notes write a column vector behind the matrix, W x, where W_xh is D_h × d. rnncli writes a row before it, "
    "x W, where l1.W_x is d × D_h. The numbers are the same, turned on their side."
)
