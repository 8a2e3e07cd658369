"""Names that people in the demo have. Put together by chance, they are nobody's."""

from __future__ import annotations

from fiel.ops.demo.dice import Dice

__all__ = ["full_name"]

FIRST = {
    "BR": """
        Adriana Alessandra Aline Amanda Ana André Antônio Aparecida Beatriz Benedita Bruno Caio Camila Carla Carlos
        Cláudia Cristiane Daniel Davi Débora Diego Eduardo Eliane Elisa Fábio Felipe Fernanda Francisca Francisco
        Gabriel Gabriela Geraldo Giovana Guilherme Gustavo Helena Heitor Igor Isabela Jéssica Joana João Jorge José
        Juliana Júlio Karina Larissa Laura Leandro Letícia Lívia Lorena Lucas Luciana Luís Luíza Manuela Marcelo Márcia
        Marcos Maria Mariana Marina Marlene Mateus Matheus Mauro Miguel Mônica Murilo Natália Nicolas Otávio Patrícia
        Paula Paulo Pedro Priscila Rafael Raimundo Raquel Regina Renata Renato Ricardo Roberto Rodrigo Rogério Rosana
        Rute Samuel Sandra Sebastião Sérgio Silvana Simone Sônia Sueli Tatiane Terezinha Thaís Thiago Valéria Vanessa
        Vera Vinícius Vitor Vitória Wagner Yasmin
    """,
    "PT": """
        Adelaide Afonso Alberto Alexandra Alice Álvaro Américo Anabela Andreia António Armando Artur Augusto Beatriz
        Bernardo Bruna Carlota Carolina Catarina Célia César Clara Conceição Constança Cristina Dália David Dinis
        Diogo Dulce Duarte Eduarda Elsa Emília Eugénia Fátima Fernando Filipa Filipe Francisco Frederico Gonçalo
        Graça Helena Henrique Hugo Inês Isabel Ivo Joaquim Joel Jorge Júlia Leonor Lídia Lourenço Lurdes Luísa Madalena
        Mafalda Manuel Margarida Martim Matilde Miguel Mónica Natércia Nelson Noémia Nuno Odete Olga Olívia Paulo Pedro
        Raquel Raul Ricardo Rita Rosa Rui Salvador Santiago Sara Sérgio Sílvia Simão Sofia Susana Teresa Tiago Tomás
        Vasco Vera Vicente Xavier
    """,
}
LAST = {
    "BR": """
        Aguiar Almeida Alves Amaral Andrade Araújo Azevedo Barbosa Barros Batista Bezerra Borges Braga Brito Camargo
        Campos Cardoso Carvalho Castro Cavalcanti Coelho Correia Costa Cunha Dantas Dias Duarte Farias Fernandes
        Ferreira Figueiredo Fonseca Franco Freitas Garcia Gomes Gonçalves Guimarães Leite Lima Lopes Macedo Machado
        Magalhães Marques Martins Medeiros Melo Mendes Miranda Monteiro Moraes Moreira Moura Nascimento Neves Nogueira
        Nunes Oliveira Pacheco Paiva Peixoto Pereira Pinheiro Pinto Pires Porto Prado Queiroz Ramos Rezende Ribeiro
        Rocha Rodrigues Sales Sampaio Santana Santos Silva Silveira Siqueira Soares Souza Tavares Teixeira Vasconcelos
        Vieira Xavier
    """,
    "PT": """
        Abreu Alves Amorim Antunes Araújo Assunção Baptista Barreto Barros Botelho Branco Brito Cabral Calado Cardoso
        Carneiro Carvalho Coelho Cordeiro Correia Costa Coutinho Cruz Cunha Dias Domingues Esteves Faria Fernandes
        Ferreira Figueiredo Fonseca Freire Gaspar Gomes Gonçalves Guerreiro Henriques Leal Leitão Lopes Loureiro
        Lourenço Macedo Machado Magalhães Marques Martins Matias Matos Melo Mendes Miranda Monteiro Morais Moreira Mota
        Moura Nascimento Neto Neves Nogueira Nunes Oliveira Pacheco Paiva Pereira Pimenta Pinheiro Pinho Pinto Pires
        Ramos Rebelo Reis Ribeiro Rocha Rodrigues Sá Salgueiro Santos Saraiva Seabra Serrano Silva Simões Soares Sousa
        Tavares Teixeira Torres Valente Vaz Vicente Vieira
    """,
}


def full_name(dice: Dice, country: str) -> str:
    """A first name and one or two family names, as is usual there."""
    first, last = dice.choice(FIRST[country].split()), dice.sample(LAST[country].split(), 2)
    middle = f" {last[1]}" if dice.random() < 0.35 else ""
    joined = " da" if last[0] in ("Silva", "Costa", "Rocha", "Cunha", "Fonseca") and dice.random() < 0.5 else ""
    return f"{first}{middle}{joined} {last[0]}"
